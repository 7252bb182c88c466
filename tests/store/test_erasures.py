from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, event, select, text
from tests.store.erasing import files_of, left, sealed_cells

from tastemaker.engine import Tastemaker
from tastemaker.errors import NotFoundError, TamperedError
from tastemaker.store import erasures, meta
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.erasures import UNFINISHED
from tastemaker.store.ledger import Erased, ErasureLedger
from tastemaker.store.sql import sqlite_wiping
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import erasure, meta as meta_table

Fork = Callable[[Callable[[], object]], int]

PEOPLE = [f"user-{number}@example.org" for number in range(40)]


@pytest.fixture
def shop(database: Database, key: Key) -> Tastemaker:
    """A database with people who have attributes and interactions."""
    shop = Tastemaker(database, key=key)
    shop.upgrade()
    shop.put_users({"user_id": one, "attributes": {"town": "Reykjavík"}} for one in PEOPLE)
    for one in PEOPLE[:6]:
        shop.record(one, "tea", "view")
    return shop


@pytest.fixture
def sqlite_shop(sqlite_database: Database, key: Key) -> Tastemaker:
    shop = Tastemaker(sqlite_database, key=key)
    shop.upgrade()
    return shop


def unfinished(database: Database) -> int:
    with database.reading() as connection:
        names = connection.scalars(select(meta_table.c.name)).all()
    return sum(name.startswith(UNFINISHED) for name in names)


def count(database: Database, table: Table) -> int:
    with database.reading() as connection:
        return len(connection.execute(select(table)).all())


def test_a_receipt_says_what_is_gone_and_what_is_pending(
    shop: Tastemaker, database: Database, keyring: Keyring
) -> None:
    cells = sealed_cells(database, keyring, PEOPLE[:3])
    assert len(cells) == 6
    receipts = [shop.forget(one) for one in PEOPLE[:3]]
    assert [receipt.forgotten.interactions for receipt in receipts] == [1, 1, 1]
    if database.dialect.system == "sqlite":
        assert all(receipt.complete and not receipt.pending for receipt in receipts)
        assert "Pending" not in receipts[0].text()
    else:
        assert [receipt.pending for receipt in receipts] == [("pages",)] * 3
        assert not receipts[0].complete
        assert "Pending" in receipts[0].text()
        assert "out of the engine's reach" in receipts[0].text()
        assert left(database, cells) > 0
        assert unfinished(database) == 3
        done = shop.finish_erasures()
        assert (done.finished, done.unfinished, done.pending) == (3, 0, ())
        assert "3 erasures finished, 0 pending." in done.text()
    assert left(database, cells) == 0
    assert unfinished(database) == 0
    assert left(database, sealed_cells(database, keyring, PEOPLE)) == 2 * 37


def test_copies_in_unused_space_of_pages_go_too(sqlite_shop: Tastemaker, key: Key) -> None:
    generator = random.Random(2)
    database = sqlite_shop._store.database
    people = [f"user-{number}@example.org" for number in range(1500)]
    sqlite_shop.put_users({"user_id": one} for one in people)
    for _ in range(6):
        towns = {one: "x" * generator.randrange(5, 300) for one in generator.sample(people, 200)}
        sqlite_shop.put_users(
            {"user_id": one, "attributes": {"town": town}} for one, town in towns.items()
        )
    keyring = sqlite_shop._store.keyring
    with database.engine.connect() as connection:
        assert sqlite_wiping.emptied_log(connection.connection.driver_connection)
    found = files_of(database)
    cells = {one: sealed_cells(database, keyring, [one]) for one in people}
    copied = [one for one in people if any(found.count(cell) > 1 for cell in cells[one])]
    assert len(copied) > 2
    for one in copied:
        assert sqlite_shop.forget(one).complete
    assert left(database, [cell for one in copied for cell in cells[one]]) == 0


def test_behind_a_reader_an_erasure_is_pending_and_finished_later(
    shop: Tastemaker, database: Database, keyring: Keyring
) -> None:
    cells = sealed_cells(database, keyring, PEOPLE[:2])
    with Database(database.engine.url) as other, other.reading() as connection:
        connection.execute(select(meta_table)).all()
        receipt = shop.forget(PEOPLE[0])
        assert not receipt.complete
        assert "pages" in receipt.pending
        # the reader of the older state holds the lock on nothing that is rewritten
        done = shop.finish_erasures()
        assert (done.finished, done.unfinished) == (0, 1)
        assert "0 erasures finished, 1 pending." in done.text()
        # a second time: no "not found", and what was deleted the first time
        assert shop.forget(PEOPLE[0]).forgotten == receipt.forgotten
    shop.forget(PEOPLE[1])
    if database.dialect.system == "postgresql":
        assert shop.finish_erasures().finished == 2
    assert unfinished(database) == 0
    assert left(database, cells) == 0
    with pytest.raises(NotFoundError):
        shop.forget(PEOPLE[0])


def test_who_came_back_and_is_forgotten_again_is_noted_again(
    shop: Tastemaker, database: Database, keyring: Keyring
) -> None:
    with Database(database.engine.url) as other, other.reading() as connection:
        connection.execute(select(meta_table)).all()
        first = shop.forget(PEOPLE[0])
        shop.record(PEOPLE[0], "cup")
        second = shop.forget(PEOPLE[0])
        assert unfinished(database) == 1
    assert (first.forgotten.interactions, second.forgotten.interactions) == (1, 1)
    assert second.forgotten.time > first.forgotten.time
    assert shop.finish_erasures().finished == 1
    with database.reading() as connection:
        assert len(connection.execute(select(erasure)).all()) == 2


def test_a_ledger_that_was_named_later_or_lost_is_filled(
    shop: Tastemaker, database: Database, key: Key, tmp_path: Path
) -> None:
    gone = [shop.forget(one).forgotten for one in PEOPLE[:2]]
    index = shop._store.keyring.active_ids()["index"]
    entries = [Erased(one.time, one.ref, index) for one in gone]
    place = tmp_path / "new ledger"
    later = Tastemaker(database, key=key, ledger=place)
    later.finish_erasures()
    ledger = ErasureLedger(place, later._store.keyring)
    assert ledger.read() == entries
    place.unlink()
    later.upgrade()
    assert ledger.read() == entries
    receipt = later.forget(PEOPLE[2])
    assert receipt.ledger == str(place)
    assert [entry.ref for entry in ledger.read()][2] == receipt.forgotten.ref
    place.unlink()
    place.mkdir()
    receipt = later.forget(PEOPLE[3])
    assert receipt.pending[0] == "ledger"
    assert "the ledger of erasures was changed, or cannot be written" in receipt.text()


def test_a_ledger_is_made_by_the_first_erasure(
    shop: Tastemaker, database: Database, tmp_path: Path
) -> None:
    place = tmp_path / "test.db.erasures"
    assert not place.exists()
    receipt = shop.forget(PEOPLE[0])
    if database.dialect.system == "sqlite":
        assert place.is_file()
        assert receipt.ledger == str(place)
    else:
        assert receipt.ledger == ""
        assert "No ledger of erasures lies outside" in receipt.text()


def killed_at(checkout: int, url: str, key: Key, fork: Fork, ledger: Path) -> bool:
    """Forgets in a process that is killed when it takes its n-th connection; whether it was."""

    def work() -> None:
        shop = Tastemaker(url, key=key, ledger=ledger)
        left = [checkout]

        def count(*_: object) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(shop._store.database.engine, "checkout", count)
        event.listen(shop._store.database.engine, "checkin", count)
        shop.forget(PEOPLE[0])

    status = os.waitpid(fork(work), 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0


def test_killed_anywhere_an_erasure_is_finished_at_the_next_opening(
    shop: Tastemaker, database: Database, keyring: Keyring, key: Key, fork: Fork, tmp_path: Path
) -> None:
    url = database.engine.url.set(drivername=database.dialect.system)
    address = url.render_as_string(hide_password=False)
    ledger = ErasureLedger(tmp_path / "ledger", keyring)
    pending = 0
    for checkout in range(1, 30):
        shop.put_users([{"user_id": PEOPLE[0], "attributes": {"town": "Akureyri"}}])
        cells = sealed_cells(database, keyring, PEOPLE[:1])
        killed = killed_at(checkout, address, key, fork, ledger.path)
        gone = not sealed_cells(database, keyring, PEOPLE[:1])
        pending += killed and gone and unfinished(database)
        with Tastemaker(address, key=key, ledger=ledger.path) as again:
            again.upgrade()
            if database.dialect.system == "postgresql":
                again.finish_erasures()
        assert unfinished(database) == 0
        assert left(database, cells) == (0 if gone else 2)
        assert len(ledger.read()) == count(database, erasure)
        if not killed:
            break
    assert not killed
    assert pending >= 1


def test_who_does_not_own_the_tables_is_told_that_it_is_pending(
    postgresql_database: Database, postgresql_server: Engine, key: Key
) -> None:
    with Tastemaker(postgresql_database, key=key) as shop:
        shop.upgrade()
        shop.put_users([{"user_id": "alice"}])
        shop.forget("alice")
        with postgresql_database.writing() as connection:
            connection.execute(text("CREATE ROLE clerk LOGIN"))
            connection.execute(text("GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA public TO clerk"))
        url = postgresql_database.engine.url.set(username="clerk")
        with Tastemaker(Database(url), key=key) as clerk:
            assert clerk.finish_erasures().pending == ("pages",)
        assert shop.finish_erasures().finished == 1
    with postgresql_database.writing() as connection:
        connection.execute(text("DROP OWNED BY clerk"))
        connection.execute(text("DROP ROLE clerk"))


def test_a_changed_note_is_told(shop: Tastemaker, database: Database, keyring: Keyring) -> None:
    ref = keyring.ref(PEOPLE[0])
    for note in ("nothing", "[]", "{}", '{"members": 3}'):
        with database.writing() as connection:
            meta.put(connection, UNFINISHED + ref.hex(), note)
            with pytest.raises(TamperedError, match="note on an unfinished erasure"):
                erasures.find_unfinished(connection, [ref])
