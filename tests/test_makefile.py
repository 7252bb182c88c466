"""The two commands of the README do what they say: checked on what `make` would run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with nothing but what `make` looks at."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def would_run(checkout: Path, target: str) -> str:
    """What `make` would run, without running it."""
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    command = ["make", "--dry-run", target]
    done = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demonstration_needs_the_light_core_only(checkout: Path) -> None:
    commands = would_run(checkout, "demo")
    assert "-m venv .venv\n" in commands
    assert re.search(r"pip install .* --editable \.$", commands, re.MULTILINE)
    assert commands.endswith(".venv/bin/tastemaker demo\n")


def test_the_tests_have_everything(checkout: Path) -> None:
    commands = would_run(checkout, "test")
    assert '--editable ".[all]" --group test' in commands
    for check in ("ruff check", "ruff format --check", "mypy", "lint-imports", "pytest"):
        assert check in commands
    assert re.search(r"mkdocs build --strict --site-dir site$", commands, re.MULTILINE)
    assert commands.index("chromium") < commands.index("pytest")


def test_the_second_time_nothing_is_installed(checkout: Path) -> None:
    for folder in (".venv", ".venv-test"):
        (checkout / folder).mkdir()
        (checkout / folder / "installed").touch()
    assert would_run(checkout, "demo") == ".venv/bin/tastemaker demo\n"
    assert "pip install" not in would_run(checkout, "test")


def test_every_target_that_is_spoken_of_is_there(checkout: Path) -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    lines = re.findall(r"^make ([\w-]+)$", "\n".join(map(Path.read_text, documents)), re.MULTILINE)
    assert {"demo", "test"} <= set(lines)
    for target in lines:
        assert would_run(checkout, target)
