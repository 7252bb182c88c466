"""A database without anything in it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run

COMMANDS = (
    ("recommend", "alice"),
    ("recommend", "alice", "--explain"),
    ("recommend", "--all"),
    ("release", "list"),
    ("release", "show"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_empty_database_says_that_it_is_empty(
    bare: Path, run: Run, command: tuple[str, ...]
) -> None:
    assert run("init").exit_code == 0
    assert "The database is empty" in run(*command).stderr
    assert run("import", "items", "items.csv").exit_code == 0
    assert "The database is empty" not in run(*command).stderr
