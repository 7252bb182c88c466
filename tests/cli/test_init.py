from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def test_a_key_a_database_and_what_to_do_next(bare: Path, run: Run) -> None:
    done = run("init")
    assert done.exit_code == 0
    assert stat.S_IMODE((bare / "tastemaker.key").stat().st_mode) == 0o600
    assert (bare / "tastemaker.db").exists()
    for text in ("Keep a copy", "TASTEMAKER_KEY", "is ready", "tastemaker import items"):
        assert text in done.output
    assert (bare / "tastemaker.key").read_text().strip() not in done.output
    assert run("db", "check").exit_code == 0


def test_again_changes_nothing(bare: Path, run: Run) -> None:
    run("init")
    run("import", "users", "people.csv")
    key = (bare / "tastemaker.key").read_bytes()
    done = run("init")
    assert done.exit_code == 0
    assert "Using the key of" in done.output
    assert (bare / "tastemaker.key").read_bytes() == key
    assert len(run("export", "users", "-").stdout.splitlines()) == 25


def test_the_key_may_lie_elsewhere(bare: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("init", "--key-file", "safe.key", "--database", "sqlite:///b.db").exit_code == 0
    assert not (bare / "tastemaker.key").exists()
    monkeypatch.setenv("TASTEMAKER_DATABASE", "sqlite:///b.db")
    assert run("import", "users", "people.csv").exit_code == 1
    monkeypatch.setenv("TASTEMAKER_KEY_FILE", "safe.key")
    assert run("import", "users", "people.csv").exit_code == 0


def test_a_key_of_the_environment_is_used(
    bare: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", "--database", "sqlite:///other.db")
    monkeypatch.setenv("TASTEMAKER_KEY", (bare / "tastemaker.key").read_text())
    (bare / "tastemaker.key").unlink()
    assert run("init").exit_code == 0
    assert not (bare / "tastemaker.key").exists()


def test_the_file_that_the_environment_names_is_made_there(
    bare: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare / "secrets").mkdir()
    file = bare / "secrets" / "shop.key"
    monkeypatch.setenv("TASTEMAKER_KEY_FILE", str(file))
    done = run("init")
    assert done.exit_code == 0
    assert f"Wrote a new key to {file}, as TASTEMAKER_KEY_FILE says" in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (bare / "tastemaker.key").exists()
    key = file.read_bytes()
    again = run("init")
    assert (again.exit_code, file.read_bytes()) == (0, key)
    assert f"Using the key of {file}." in again.output
    assert run("import", "users", "people.csv").exit_code == 0


def test_a_lost_file_that_the_environment_names_is_not_made_anew(
    bare: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    monkeypatch.setenv("TASTEMAKER_KEY_FILE", "lost.key")
    done = run("init")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "was sealed under a key that is not here" in done.stderr
    assert not (bare / "lost.key").exists()


@pytest.mark.parametrize("exists", [False, True])
def test_two_places_for_one_key_are_refused(
    bare: Path, run: Run, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    if exists:
        run("init", "--key-file", "one.key", "--database", "sqlite:///one.db")
    monkeypatch.setenv("TASTEMAKER_KEY_FILE", "one.key")
    done = run("init", "--key-file", "two.key")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "TASTEMAKER_KEY_FILE names one.key" in done.stderr
    assert not (bare / "two.key").exists()
    assert not (bare / "tastemaker.db").exists()
    # The same file, written differently, is no other place.
    assert run("init", "--key-file", str(bare / "one.key")).exit_code == 0
    assert (bare / "one.key").exists()


def test_a_lost_key_is_not_replaced_by_one_that_opens_nothing(bare: Path, run: Run) -> None:
    run("init")
    (bare / "tastemaker.key").rename(bare / "elsewhere")
    done = run("init")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "was sealed under a key that is not here" in done.stderr
    assert not (bare / "tastemaker.key").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--key-file", "nowhere/key"), "The key file nowhere/key cannot be made"),
        (("--database", "sqlite:///nowhere/a.db"), "The folder nowhere does not exist"),
        (("--database", "mysql://me@host/shop"), "not on mysql"),
        (("--database", "what?"), "The database URL cannot be read"),
    ],
)
def test_where_it_cannot_be_it_says_so(
    bare: Path, run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    done = run("init", *arguments)
    assert done.exit_code == 1
    assert reason in done.stderr
