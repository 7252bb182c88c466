"""Users sealed for another database: found by `db check`, set aside by `db repair`."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from tastemaker import Key, Tastemaker
from tastemaker.cli import main
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import metadata, user
from tastemaker.store.users.cells import seal_id


@pytest.fixture
def shop(database: Database, key: Key) -> Iterator[Tastemaker]:
    """A shop in which two people have an interaction each."""
    with Tastemaker(database, key=key) as shop:
        shop.upgrade()
        shop.record("alice", "tea", "like")
        shop.record("bob", "cup", "like")
        yield shop


@pytest.fixture
def other_keyring(tmp_path: Path, key: Key) -> Keyring:
    """The key ring of another database, made with the same key."""
    with Database(f"sqlite:///{tmp_path}/other.db") as other, other.writing() as connection:
        metadata.create_all(connection)
        return create_keyring(connection, key)


@pytest.fixture
def damaged(shop: Tastemaker, database: Database, other_keyring: Keyring) -> Tastemaker:
    """The shop after a write of another database's engine, as former versions let it happen."""
    shop.record("carol", "tea", "buy", 3.0, 7.0)
    ref = other_keyring.ref("alice")
    sealed = {"ref": ref, "external_id": seal_id(other_keyring, ref, "alice")}
    with database.writing() as connection:
        newest = connection.scalar(select(func.max(user.c.id)))
        connection.execute(update(user).where(user.c.id == newest).values(sealed))
    return shop


def db(database: Database, *arguments: str, answer: str | None = None) -> Result:
    url = database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(main, ["db", *arguments, "--database", url], input=answer)


@pytest.mark.usefixtures("damaged")
def test_check_finds_users_of_another_database(database: Database) -> None:
    done = db(database, "check")
    assert done.exit_code == 1
    assert "holds 1 users that were sealed for another database" in done.output
    assert "tastemaker db repair --aside FILE" in done.output


def test_repair_moves_them_into_a_private_file(
    damaged: Tastemaker, database: Database, other_keyring: Keyring, tmp_path: Path
) -> None:
    aside = tmp_path / "aside.jsonl"
    done = db(database, "repair", "--aside", str(aside), "--yes")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Moved 1 users and 1 interactions of theirs from ")
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    (row,) = map(json.loads, aside.read_text().splitlines())
    sealed, ref = bytes.fromhex(row["external_id"]), bytes.fromhex(row["ref"])
    assert other_keyring.open("user", "external_id", ref, sealed) == "alice"
    kept = {"item_id": "tea", "kind": "buy", "value": 3.0, "time": 7_000_000}
    assert row["interactions"] == [kept]
    assert list(damaged.user_ids()) == ["alice", "bob"]
    assert db(database, "check").exit_code == 0


def test_repair_asks_and_does_nothing_without_a_yes(
    damaged: Tastemaker, database: Database, tmp_path: Path
) -> None:
    aside = tmp_path / "aside.jsonl"
    done = db(database, "repair", "--aside", str(aside), answer="n\n")
    assert "1 of 3 users" in done.output
    assert done.exit_code == 1
    assert not aside.exists()
    assert db(database, "check").exit_code == 1


@pytest.mark.usefixtures("damaged")
def test_repair_overwrites_no_file(database: Database, tmp_path: Path) -> None:
    aside = tmp_path / "aside.jsonl"
    aside.write_text("of the last time")
    done = db(database, "repair", "--aside", str(aside), "--yes")
    assert done.exit_code == 1
    assert "is there already" in done.output
    assert aside.read_text() == "of the last time"
    assert db(database, "check").exit_code == 1


@pytest.mark.usefixtures("shop")
def test_nothing_is_repaired_where_nothing_is_wrong(database: Database, tmp_path: Path) -> None:
    done = db(database, "repair", "--aside", str(tmp_path / "aside.jsonl"))
    assert done.output.startswith("There is nothing to repair in ")
    assert not (tmp_path / "aside.jsonl").exists()


@pytest.mark.usefixtures("shop")
def test_a_database_that_lost_its_keys_is_not_emptied(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM tastemaker_key")
    done = db(database, "repair", "--aside", str(tmp_path / "aside.jsonl"), "--yes")
    assert done.output.startswith("There is nothing to repair in ")
