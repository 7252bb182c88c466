"""Whoever was forgotten stays so, whichever index key a backup, or the ledger, goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.store.rotation.conftest import PEOPLE
from tests.store.rotation.test_live import url_of

from tastemaker import Database, InputError, Key, Tastemaker
from tastemaker.errors import TamperedError
from tastemaker.store.sql import migrate
from tastemaker.store.sql.tables import erasure, user

Restore = Callable[[Path], set[str]]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The ledger outside of the database."""
    return tmp_path / "ledger"


@pytest.fixture
def kept(shop: Tastemaker, database: Database, key: Key, ledger: Path) -> Iterator[Tastemaker]:
    """The shop of a dozen people, with a ledger outside of its database."""
    with Tastemaker(url_of(database), key=key, ledger=ledger) as engine:
        yield engine


@pytest.fixture
def restore(key: Key, ledger: Path, tmp_path: Path) -> Restore:
    """Restores a backup into a new database by the ledger; gives who is in it."""
    numbers = iter(range(99))

    def work(archive: Path) -> set[str]:
        url = f"sqlite:///{tmp_path}/restored{next(numbers)}.db"
        with Tastemaker(url, key=key, ledger=ledger) as restored:
            assert restored.restore(archive).unnamed == 0
            assert restored.keys.verify().damaged == 0
            return set(restored.user_ids())

    return work


def all_but(*gone: int) -> set[str]:
    """Everybody else."""
    return {f"u{n}" for n in range(PEOPLE) if n not in gone}


def test_a_backup_from_before_between_and_after_brings_nobody_back(
    kept: Tastemaker, database: Database, restore: Restore, tmp_path: Path, ledger: Path
) -> None:
    names = ("before", "between", "after")
    before, between, after = (tmp_path / name for name in names)
    kept.forget("u0")
    kept.backup(before)
    kept.forget("u1")
    kept.keys.promote(kept.keys.add("index"))
    kept.put_users([{"user_id": "u2"}])  # it has a new ref, and the others former ones
    kept.backup(between)
    kept.forget("u3")
    kept.keys.rotate("index")
    kept.backup(after)
    kept.forget("u2")
    kept.forget("u4")
    for archive in (before, between, after):
        assert restore(archive) == all_but(0, 1, 2, 3, 4)
    # The ledger is lost: it is filled again, by every key that is kept.
    ledger.unlink()
    kept.finish_erasures()
    for archive in (before, between, after):
        assert restore(archive) == all_but(0, 1, 2, 3, 4)


def test_a_restored_backup_from_before_goes_on_with_the_ledger(
    kept: Tastemaker, key: Key, tmp_path: Path, ledger: Path, restore: Restore
) -> None:
    kept.backup(tmp_path / "before")
    kept.keys.rotate("index")
    kept.forget("u1")
    with Tastemaker(f"sqlite:///{tmp_path}/again.db", key=key, ledger=ledger) as again:
        again.restore(tmp_path / "before")
        again.forget("u2")
        again.keys.rotate("index", destroy=True)
        assert again.forget("u3").pending == ()
        again.backup(tmp_path / "later")
    assert restore(tmp_path / "later") == all_but(1, 2, 3)
    with Tastemaker(f"sqlite:///{tmp_path}/third.db", key=key, ledger=ledger) as third:
        done = third.restore(tmp_path / "before")
        assert set(third.user_ids()) == all_but(1, 2)
        assert (done.erased, done.unnamed) == (2, 1)  # its key was destroyed before u3


def test_once_the_former_key_is_destroyed_forgetting_goes_on(
    kept: Tastemaker, restore: Restore, tmp_path: Path, ledger: Path
) -> None:
    kept.forget("u0")
    kept.keys.rotate("index", destroy=True)
    assert "ledger" not in kept.forget("u1").pending
    kept.backup(tmp_path / "after")
    assert "ledger" not in kept.forget("u2").pending
    assert restore(tmp_path / "after") == all_but(0, 1, 2)
    assert len(ledger.read_bytes().splitlines()) == 3


def test_a_ledger_that_says_nothing_by_the_keys_of_a_backup_is_refused(
    kept: Tastemaker, restore: Restore, tmp_path: Path
) -> None:
    kept.backup(tmp_path / "before")
    kept.keys.rotate("index", destroy=True)
    kept.forget("u1")
    with pytest.raises(TamperedError, match="another database"):
        restore(tmp_path / "before")


def test_lines_and_rows_of_the_version_before_count_as_of_the_first_key(
    kept: Tastemaker, database: Database, restore: Restore, tmp_path: Path, ledger: Path
) -> None:
    kept.backup(tmp_path / "before")
    kept.forget("u0")
    kept.forget("u1")
    with database.writing() as connection:
        connection.execute(update(erasure).values(key_id=None))
    lines = ledger.read_bytes().splitlines()
    ledger.write_bytes(b"".join(line.rpartition(b" ")[0] + b"\n" for line in lines))
    unnumbered = ledger.read_bytes()
    kept.finish_erasures()
    assert ledger.read_bytes() == unnumbered
    kept.keys.rotate("index")
    kept.forget("u2")
    assert ledger.read_bytes().startswith(unnumbered)
    assert restore(tmp_path / "before") == all_but(0, 1, 2)
    ledger.unlink()
    kept.finish_erasures()
    assert restore(tmp_path / "before") == all_but(0, 1, 2)
    whole = ledger.read_bytes()
    for old, new in ((b" ", b"0 "), (whole[-12:-1], b"7")):
        ledger.write_bytes(whole.replace(old, new, 1))
        assert "ledger" in kept.forget(f"u{6 + len(new)}").pending


def test_a_line_whose_key_was_changed_is_as_one_that_was_taken_out(
    kept: Tastemaker, ledger: Path
) -> None:
    for n in range(3):
        kept.forget(f"u{n}")
    lines = ledger.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].rpartition(b" ")[0] + b" 7\n"
    ledger.write_bytes(b"".join(lines))
    assert "ledger" in kept.forget("u3").pending


def test_an_erasure_that_was_unfinished_is_found_by_the_former_ref(
    kept: Tastemaker, database: Database
) -> None:
    with Database(url_of(database)) as other, other.reading() as connection:
        connection.execute(select(user)).all()
        first = kept.forget("u1")
        assert first.pending
        kept.keys.promote(kept.keys.add("index"))
        assert kept.forget("u1").forgotten == first.forgotten


def test_no_downgrade_while_the_index_key_is_rotated(kept: Tastemaker, database: Database) -> None:
    kept.forget("u0")
    kept.keys.promote(kept.keys.add("index"))
    with pytest.raises(InputError, match="keys rotate --purpose index"):
        migrate.downgrade(database, "0003")
    kept.keys.rotate("index")
    migrate.downgrade(database, "0003")
    migrate.upgrade(database)
    migrate.check(database)
    assert set(kept.user_ids()) == all_but(0)
