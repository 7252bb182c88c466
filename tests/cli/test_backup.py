from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from click.testing import Result

Run: TypeAlias = Callable[..., Result]
Process: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_backup_is_restored_without_whoever_was_forgotten(shop: Path, run: Run) -> None:
    done = run("db", "backup", "a.backup")
    assert done.exit_code == 0
    assert done.stdout.endswith("rows written to a.backup, 24 users among them.\n")
    assert run("users", "forget", "person-1", "--yes").exit_code == 0
    elsewhere = ("--database", "sqlite:///restored.db")
    done = run("db", "restore", "a.backup", *elsewhere)
    assert done.exit_code == 1
    assert "restored.db.erasures is not there" in done.stderr
    done = run("db", "restore", "a.backup", "--ledger", "tastemaker.db.erasures", *elsewhere)
    assert done.exit_code == 0, done.output
    assert "23 users among them. Left out, for they were forgotten since: 1.\n" in done.stdout
    assert run("users", "show", "person-1", *elsewhere).exit_code == 1
    assert json.loads(run("users", "show", "person-2", *elsewhere).stdout)["interactions"] == 5
    assert run("recommend", "person-2", *elsewhere).exit_code == 0
    done = run("db", "restore", "a.backup", "--no-ledger", *elsewhere)
    assert done.exit_code == 1
    assert "The database is not empty" in done.stderr


def test_a_backup_goes_through_a_pipe(shop: Path, run: Run, process: Process) -> None:
    with Path("piped.backup").open("wb") as piped:
        command = [sys.executable, "-m", "tastemaker", "db", "backup", "-"]
        done = subprocess.run(command, check=False, stdout=piped, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    done_too = process(
        "db", "restore", "piped.backup", "--no-ledger", "--database", "sqlite:///b.db"
    )
    assert "24 users among them" in done_too.stdout


def test_a_ledger_is_named_by_the_environment_too(shop: Path, run: Run, process: Process) -> None:
    done = process("users", "forget", "person-1", "--yes", TASTEMAKER_LEDGER="elsewhere")
    assert done.returncode == 0
    assert len(Path("elsewhere").read_text().splitlines()) == 1
    assert not Path("tastemaker.db.erasures").exists()
