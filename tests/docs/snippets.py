"""The blocks of code on a page, and running them as a reader would: in order, in one folder.

A `python` block goes on from the blocks before it on the page; in the README each is a program of
its own. Of an `sh` block every line is a command. In a `console` block the commands begin with a
prompt, and the other lines are what they print; an ellipsis stands for anything. A block with a
title is written into the file of that name. `text` is for people.

A page may begin with `<!-- folder: NAME -->`: its blocks then find what a script of that name made.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]

FENCE = re.compile(r"^( *)```", re.MULTILINE)
BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
FOLDER = re.compile(r"^<!-- folder: (\w+) -->$", re.MULTILINE)

SHELLS = ("sh", "console")
FILES = ("toml", "ini", "csv")
"""Languages of which every block is a file, so that it has a title."""

NOT_RUN = ("make", "pip install", "git clone", "cd ", "tastemaker demo", ".venv-test/bin/")
"""Commands that install something, run all tests inside one of them, or take minutes: of a page
that goes on from the demonstration, `folder` says which script ran a short one."""

SHORTER = {"--time-limit 10m": "--time-limit 3s", 'time_limit="10m"': 'time_limit="3s"'}
"""Limits of time that are meant for a reader's data, not for a few rows."""

HIDDEN = (
    "TASTEMAKER_KEY",
    "TASTEMAKER_KEY_FILE",
    "TASTEMAKER_KEY_COMMAND",
    "TASTEMAKER_DATABASE",
)


class Block(NamedTuple):
    """A block of code; `title` is the file it stands for, if it does."""

    language: str
    title: str
    code: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Every block of a page, the hidden ones too."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["language"],
            found["title"] or "",
            re.sub(f"^{found['indent']}", "", found["code"], flags=re.MULTILINE),
            text.count("\n", 0, found.start()) + 1,
        )
        for found in BLOCK.finditer(text)
    ]


def commands(block: Block) -> str:
    """The commands of a shell block, without prompts, output and what is not run here."""
    lines = block.code.splitlines()
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return "\n".join(line for line in lines if not line.startswith(NOT_RUN))


def expected(block: Block) -> list[str]:
    """What a console block says that its commands print, as patterns."""
    lines = [line for line in block.code.splitlines() if not line.startswith("$ ")]
    return [
        r"\s+".join(".*".join(map(re.escape, word.split("…"))) for word in line.split())
        for line in lines
        if line.strip() and line.strip() != "…"
    ]


def prepared(folder: str) -> Path:
    """The script that makes a folder."""
    return Path(__file__).with_name("folders") / f"{folder}.sh"


def run(page: Path, folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Runs all blocks of a page in a folder and an environment; what each of them prints.

    Fails where one of them fails, or prints something else than the page says.
    """
    found = blocks(page)
    program = [
        {
            "language": block.language,
            "title": block.title,
            "code": shortened(block.code if block.language == "python" else commands(block)),
            "written": block.code,
            "fresh": page == README,
            "line": block.line,
        }
        for block in found
    ]
    program_file = folder / "page.json"
    program_file.write_text(json.dumps(program), encoding="utf-8")
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("runner.py"))]
    done = subprocess.run(
        [*command, str(program_file)],
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{page.relative_to(ROOT)}\n{done.stdout}\n{done.stderr}"
    printed: list[str] = json.loads((folder / "printed.json").read_text(encoding="utf-8"))
    for block, output in zip(found, printed, strict=True):
        if block.language == "console":
            pattern = r"[\s\S]*?".join(expected(block))
            where = f"{page.relative_to(ROOT)}, line {block.line}"
            assert re.search(pattern, output), f"{where}: {pattern}\n{output}"
    return printed


def shortened(code: str) -> str:
    """The code with limits of time that suit a few rows."""
    for long, short in SHORTER.items():
        code = code.replace(long, short)
    return code


def surroundings() -> dict[str, str]:
    """The environment of a reader who has installed the package and set nothing."""
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    # many short programs: compiled once, and none with more threads than its few numbers need
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"])),
        "OPENBLAS_NUM_THREADS": "1",
    }


def light(environment: Mapping[str, str], programs: Path) -> dict[str, str]:
    """The environment of a reader who has installed no extra `neural`.

    Args:
        environment: of one who has installed everything.
        programs: a folder with programs that come before all others.
    """
    paths = [str(Path(__file__).with_name("light")), environment.get("PYTHONPATH", "")]
    return {
        **environment,
        "PATH": os.pathsep.join((str(programs), environment["PATH"])),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
