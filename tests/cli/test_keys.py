from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def listed(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run("keys", "status", "--format", "json").stdout)
    return rows


def key_of(run: Run, status: str, purpose: str = "data") -> str:
    """The id of the one key of a purpose with a status."""
    (row,) = (row for row in listed(run) if (row["purpose"], row["status"]) == (purpose, status))
    return str(row["key_id"])


def town(run: Run) -> object:
    return json.loads(run("users", "show", "person-1").stdout)["attributes"]


def test_status_lists_every_key(shop: Path, run: Run) -> None:
    rows = listed(run)
    assert [(row["purpose"], row["status"]) for row in rows] == [
        ("data", "active"),
        ("index", "active"),
        ("model", "active"),
    ]
    assert [row["cells"] for row in rows][:2] == [48, 24]
    assert len({row["master_key"] for row in rows}) == 1
    printed = list(csv.DictReader(io.StringIO(run("keys", "status", "--format", "csv").stdout)))
    assert [row["key_id"] for row in printed] == [str(row["key_id"]) for row in rows]
    assert str(rows[0]["key_id"]) in run("keys", "status").stdout


def test_the_steps_one_by_one(shop: Path, run: Run) -> None:
    old = key_of(run, "active")
    refused = run("keys", "retire", old)
    assert refused.exit_code == 1
    assert "is active" in refused.stderr
    added = run("keys", "add")
    assert key_of(run, "added") in added.stdout
    assert "keys promote" in added.stdout
    assert "keys reencrypt" in run("keys", "promote").stdout
    unfinished = run("keys", "verify")
    assert unfinished.exit_code == 1
    assert f"48 under {old}" in unfinished.stderr
    assert run("keys", "retire", old).exit_code == 1
    assert "Sealed anew: 48 values" in run("keys", "reencrypt").stdout
    verified = run("keys", "verify", "--format", "json")
    assert verified.exit_code == 0
    assert {row["purpose"]: row["cells"] for row in json.loads(verified.stdout)}["data"] == 48
    assert run("keys", "retire", old).exit_code == 0
    assert run("keys", "destroy", old, "--yes").exit_code == 0
    assert key_of(run, "destroyed") == old
    assert town(run) == {"town": "Town 1"}


def test_destroying_must_be_confirmed_and_verified(shop: Path, run: Run) -> None:
    old = key_of(run, "active")
    assert run("keys", "destroy", old, input="n\n").exit_code == 1
    assert run("keys", "destroy", old, "--yes").exit_code == 1
    assert key_of(run, "active") == old


@pytest.mark.parametrize("option", [(), ("--destroy",)])
def test_rotate(shop: Path, run: Run, option: tuple[str, ...]) -> None:
    old = key_of(run, "active")
    done = run("keys", "rotate", *option)
    assert done.exit_code == 0
    assert "Sealed anew: 48 values" in done.stdout
    assert f"Key {old} is {'destroyed' if option else 'retired'}." in done.stdout
    assert key_of(run, "destroyed" if option else "retired") == old
    assert town(run) == {"town": "Town 1"}
    assert run("recommend", "person-1").exit_code == 0


def test_a_new_master_key_in_a_file_that_is_made(
    shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("keys", "rotate", "--master", "--new-key-file", "new.key")
    assert done.exit_code == 0
    assert (shop / "new.key").stat().st_mode & 0o777 == 0o600
    old = run("users", "show", "person-1")
    assert old.exit_code == 1
    assert listed_master(run, monkeypatch, "new.key") in old.stderr
    assert town(run) == {"town": "Town 1"}
    again = run("keys", "rotate", "--master", "--new-key-file", "new.key")
    assert again.exit_code == 1
    assert "is the old one" in again.stderr
    (shop / "other.key").write_text((shop / "tastemaker.key").read_text())
    (shop / "other.key").chmod(0o600)
    command = f"cat {shop}/other.key"
    assert run("keys", "rotate", "--master", "--new-key-command", command).exit_code == 0
    assert run("users", "show", "person-1").exit_code == 1


def listed_master(run: Run, patch: pytest.MonkeyPatch, file: str) -> str:
    """The public id of the master key in a file, which is used from now on."""
    patch.setenv("TASTEMAKER_KEY_FILE", file)
    return str(listed(run)[0]["master_key"])


@pytest.mark.parametrize(
    "options",
    [
        ("--master",),
        ("--new-key-file", "new.key"),
        ("--master", "--new-key-file", "new.key", "--new-key-command", "cat new.key"),
        ("--master", "--destroy", "--new-key-file", "new.key"),
    ],
)
def test_options_that_do_not_go_together(shop: Path, run: Run, options: tuple[str, ...]) -> None:
    done = run("keys", "rotate", *options)
    assert done.exit_code == 2
    assert not (shop / "new.key").exists()


def test_a_damaged_value_is_named_and_nobody_is(shop: Path, run: Run) -> None:
    with closing(sqlite3.connect(shop / "tastemaker.db")) as database, database:
        database.execute("UPDATE tastemaker_user SET attributes = x'00' WHERE id = 3")
    for command in ("verify", "rotate", "reencrypt"):
        done = run("keys", command)
        assert done.exit_code == 1
        assert "cannot be opened" in done.stderr
        assert "person-" not in done.output
    assert "user row 3, attributes" in run("keys", "verify").stderr
    assert key_of(run, "decrypt")
