from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tastemaker.errors import InputError, TamperedError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.ledger import Erased, ErasureLedger, ledger_place
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database


@pytest.fixture
def entries(keyring: Keyring) -> list[Erased]:
    """Four erasures by the index key that there is."""
    key_id = keyring.ref_keys[0].key_id
    return [Erased(1000 + number, bytes([number]) * 16, key_id) for number in range(4)]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """The ledger is the same whatever the database is."""
    return sqlite_database


@pytest.fixture
def ledger(tmp_path: Path, keyring: Keyring) -> ErasureLedger:
    return ErasureLedger(tmp_path / "ledger", keyring)


def test_what_was_entered_is_read_and_nothing_twice(
    ledger: ErasureLedger, entries: list[Erased]
) -> None:
    assert ledger.read() == []
    ledger.enter(entries[:2])
    ledger.enter([])
    ledger.enter(entries)
    assert ledger.read() == entries
    assert len(ledger.path.read_bytes().splitlines()) == 4
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_a_line_that_was_not_finished_is_written_again(
    ledger: ErasureLedger, entries: list[Erased]
) -> None:
    ledger.enter(entries[:2])
    whole = ledger.path.read_bytes()
    for end in range(len(whole) // 2 + 1, len(whole)):
        ledger.path.write_bytes(whole[:end])
        assert ledger.read() == entries[:1]
        ledger.enter(entries[1:2])
        assert ledger.path.read_bytes() == whole


def test_lines_that_were_changed_moved_or_removed_are_found(
    ledger: ErasureLedger, entries: list[Erased]
) -> None:
    ledger.enter(entries)
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    other_time = lines[0].replace(b"1000", b"1009", 1)
    other_ref = lines[1].replace(b"01", b"07", 1)
    wrong: list[list[bytes]] = [
        [other_time, *lines[1:]],
        [lines[0], other_ref, *lines[2:]],
        [lines[1], lines[0], *lines[2:]],
        [lines[0], *lines[2:]],
        [*lines, lines[0]],
        [*lines, b"nothing\n"],
        [*lines, b"1" * 40 + b" 00 00\n"],
        [*lines, b"\xff\n"],
    ]
    for changed in wrong:
        ledger.path.write_bytes(b"".join(changed))
        with pytest.raises(TamperedError, match="of the ledger of erasures"):
            ledger.read()
        with pytest.raises(TamperedError):
            ledger.enter(entries)
        assert ledger.path.read_bytes() == b"".join(changed)


def test_the_ledger_of_another_database_is_refused(
    ledger: ErasureLedger, entries: list[Erased], key: Key, tmp_path: Path
) -> None:
    ledger.enter(entries)
    with Database(f"sqlite:///{tmp_path}/other.db") as other:
        migrate.upgrade(other)
        with other.writing() as connection:
            keyring = create_keyring(connection, key)
    with pytest.raises(TamperedError, match="another database"):
        ErasureLedger(ledger.path, keyring).read()


def test_processes_that_write_at_once_make_one_ledger(
    ledger: ErasureLedger, at_once: Callable[[int, Callable[[int], None]], list[int]]
) -> None:
    key_id = ledger.keyring.ref_keys[0].key_id
    entries = [
        [Erased(time, bytes([work]) * 16, key_id) for time in range(20)] for work in range(4)
    ]

    def write(number: int) -> None:
        for entry in entries[number]:
            ledger.enter([entry])

    assert at_once(4, write) == [0] * 4
    assert sorted(ledger.read()) == sorted(entry for one in entries for entry in one)


def test_a_link_or_a_folder_is_no_ledger(
    ledger: ErasureLedger, entries: list[Erased], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").touch()
    ledger.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="TASTEMAKER_LEDGER"):
        ledger.enter(entries)
    ledger.path.unlink()
    ledger.path.mkdir()
    for act in (lambda: ledger.enter(entries), ledger.read):
        with pytest.raises(InputError, match="cannot be used"):
            act()


def test_where_the_ledger_lies(sqlite_database: Database, tmp_path: Path) -> None:
    beside = tmp_path / "test.db.erasures"
    assert ledger_place(sqlite_database, None, {}) == beside
    assert ledger_place(sqlite_database, None, {"TASTEMAKER_LEDGER": "a"}) == Path("a")
    assert ledger_place(sqlite_database, "b", {"TASTEMAKER_LEDGER": "a"}) == Path("b")
    with Database("sqlite://") as in_memory:
        assert ledger_place(in_memory, None, {}) is None
    with Database("postgresql://nobody@localhost/nothing") as server:
        assert ledger_place(server, None, {}) is None
    assert os.listdir(tmp_path) == ["test.db"] or not beside.exists()
