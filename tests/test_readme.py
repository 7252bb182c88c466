"""The README is true: every block of it is run, in order, in one folder, as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

# Everything installed is trained, several times; TensorFlow alone takes a while to start.
pytestmark = pytest.mark.timeout(900)

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = ("sh", "console")
NOT_RUN = ("make ", "pip install ")
KEYS = ("TASTEMAKER_KEY", "TASTEMAKER_KEY_FILE", "TASTEMAKER_KEY_COMMAND", "TASTEMAKER_DATABASE")

# The application's own module, of which the README speaks.
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table, create_engine

engine = create_engine("sqlite:///shop.db")
metadata = MetaData()
Table("orders", metadata, Column("id", Integer, primary_key=True))
"""


class Block(NamedTuple):
    """A block of code in the README; `title` is the file it stands for, if it does."""

    language: str
    title: str
    code: str


def blocks() -> list[Block]:
    return [Block(*found) for found in BLOCK.findall(README.read_text(encoding="utf-8"))]


def script(block: Block) -> str:
    """The commands of a shell block, without prompts, output and what is not run here."""
    lines = block.code.replace("--time-limit 10m", "--time-limit 3s").splitlines()
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return "\n".join(line for line in lines if not line.startswith(NOT_RUN))


def run(block: Block, folder: Path) -> str:
    """Runs a block, or writes the file it stands for; what it prints."""
    if block.title:
        (folder / block.title).write_text(block.code, encoding="utf-8")
        return ""
    environment = {name: value for name, value in os.environ.items() if name not in KEYS}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    # Many short programs: compiled once, and none with more threads than its few numbers need.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.update(PYTHONPYCACHEPREFIX=str(folder / "compiled"), OPENBLAS_NUM_THREADS="1")
    if block.language == "python":
        command = [sys.executable, "-W", "error", "-c", block.code]
    else:
        command = ["sh", "-euc", script(block)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{block.code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every block was run."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "models.py").write_text(MODELS)
    printed = [run(block, folder) for block in blocks()]
    (folder / "printed.txt").write_text("\n".join(printed))
    return folder


def test_every_block_is_one_that_is_run() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(blocks()) == len(re.findall(r"^\s*```", text, re.MULTILINE)) / 2
    assert {block.language for block in blocks()} <= {"python", *SHELLS}


def test_every_block_runs_and_does_what_is_said(folder: Path) -> None:
    printed = (folder / "printed.txt").read_text()
    assert "16 interactions read: 16 new" in printed
    assert re.search(r"^ +1 +Tea pot .*(fits well with|similar to) ", printed, re.MULTILINE)
    assert re.search(r"^ +1 +(pot +Tea pot|cup +Tea cup) ", printed, re.MULTILINE)
    assert "most-bought" in printed
    assert "blend" in printed
    assert "<svg" in (folder / "report.html").read_text()
    assert "Forgotten, with 2 interactions." in printed
    assert (folder / "recommendations.csv").read_text().startswith("user_id,rank,item_id,score\n")


def test_the_applications_migration_leaves_the_engines_tables_alone(folder: Path) -> None:
    (migration,) = (folder / "migrations" / "versions").glob("*.py")
    assert "create_table('orders'" in migration.read_text()
    assert "tastemaker" not in migration.read_text()


def test_the_examples_are_as_short_as_promised() -> None:
    embedding, plugin = [block for block in blocks() if block.language == "python"][:2]
    assert len(list(filter(None, embedding.code.splitlines()))) <= 10
    assert len(list(filter(None, plugin.code.splitlines()))) < 20
