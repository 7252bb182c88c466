"""Whatever goes wrong, a command ends with a sentence on standard error and never a traceback.

Where several commands meet the same fault, they run in this process: `run` lets nothing be raised.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest
from click.testing import Result
from tests.cli.conftest import Run

from tastemaker.cli import main
from tastemaker.cli.command_list import COMMANDS

Process: TypeAlias = Callable[..., "CompletedProcess[str]"]

ANOTHER_KEY = base64.b64encode(bytes(32)).decode()

# What opens a database and its key; {} stands for nothing more.
OPENING = (
    ("recommend", "person-0"),
    ("similar", "item-1"),
    ("train",),
    ("release", "list"),
    ("plugins", "list"),
    ("users", "show", "person-0"),
    ("export", "users", "-"),
    ("import", "users", "people.csv"),
)


def error_of(done: CompletedProcess[str] | Result, status: int = 1) -> str:
    """The error of a command that failed as it should."""
    ended = done.exit_code if isinstance(done, Result) else done.returncode
    assert (ended, done.stdout) == (status, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: " if status == 1 else "Usage: ")
    return done.stderr


@pytest.mark.parametrize("command", OPENING, ids=" ".join)
def test_with_another_key(
    shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TASTEMAKER_KEY", ANOTHER_KEY)
    before = (shop / "tastemaker.db").read_bytes()
    error = error_of(run(*command))
    assert "is sealed under master key" in error
    assert ANOTHER_KEY not in error
    assert (shop / "tastemaker.db").read_bytes() == before


def test_without_a_key(shop: Path, process: Process) -> None:
    (shop / "tastemaker.key").unlink()
    assert "TASTEMAKER_KEY" in error_of(process("recommend", "person-0"))


def test_with_something_that_is_no_key(shop: Path, process: Process) -> None:
    error = error_of(process("recommend", "person-0", TASTEMAKER_KEY="open sesame"))
    assert "TASTEMAKER_KEY is not base64 of 32 bytes" in error
    assert "sesame" not in error


def test_without_a_database(bare: Path, process: Process) -> None:
    assert "tastemaker init" in error_of(process("recommend", "person-0"))
    assert not (bare / "tastemaker.db").exists()


def test_without_a_schema(shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "empty.db").touch()
    monkeypatch.setenv("TASTEMAKER_DATABASE", "sqlite:///empty.db")
    for command in (("recommend", "person-0"), ("users", "show", "a"), ("export", "items", "-")):
        assert "`tastemaker" in error_of(run(*command))


def test_with_a_file_that_is_no_database(shop: Path, process: Process) -> None:
    (shop / "picture.db").write_bytes(b"GIF89a" * 1000)
    error = error_of(process("recommend", "a", TASTEMAKER_DATABASE="sqlite:///picture.db"))
    assert "not an SQLite database" in error


def test_with_a_server_that_is_not_there(shop: Path, process: Process) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/shop"
    error = error_of(process("recommend", "a", TASTEMAKER_DATABASE=url))
    assert "Check that the server runs" in error
    assert "secret" not in error


def test_with_files_that_cannot_be_read(shop: Path, run: Run) -> None:
    assert "nothing.csv cannot be read" in error_of(run("import", "items", "nothing.csv"))
    assert "cannot be read: Is a directory" in error_of(run("import", "items", "."))
    (shop / "odd.csv").write_text("name,price\ntea,2\n")
    error = error_of(run("import", "items", "odd.csv"))
    assert "odd.csv, line 1: there is no column item_id" in error
    assert error.endswith("Correct the header.\n")


@pytest.mark.parametrize("arguments", [("fly",), ("train", "--fast"), ("release", "show", "x")])
def test_with_wrong_usage(shop: Path, run: Run, arguments: tuple[str, ...]) -> None:
    error_of(run(*arguments), status=2)


def test_help_and_completion_load_no_command() -> None:
    program = (
        "import sys; from tastemaker.cli import main\n"
        "try: main(['--help'], prog_name='tastemaker')\n"
        "except SystemExit: pass\n"
        "names = [one.value for one in main.shell_complete(main.make_context('x', ['x']), 'ex')]\n"
        "print(*names, *{'numpy', 'sqlalchemy', 'rich'} & set(sys.modules), sep=',')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "exploration,export", done.stderr


def test_help_is_whole_on_a_narrow_terminal(process: Process) -> None:
    listed = process("--help", COLUMNS="60").stdout
    assert "..." not in listed.partition("Commands:")[2]
    assert max(map(len, listed.splitlines())) <= 60


def test_every_command_is_found_and_explains_itself(process: Process) -> None:
    listed = process("--help").stdout
    for name in COMMANDS:
        command = main.get_command(main.make_context("tastemaker", ["x"]), name)
        assert command is not None
        assert command.name == name
        assert f"\n  {name} " in listed
        assert command.get_short_help_str(500) == COMMANDS[name].summary
        assert len(command.help or "") > 30
