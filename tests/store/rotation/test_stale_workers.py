"""Another process, with the keys as they were: it reads on, and never seals under a former key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, event
from tests.store.rotation.conftest import PEOPLE, town

from tastemaker import Database, Key, Tastemaker, UnknownKeyError
from tastemaker.store.store import Store
from tastemaker.store.users.cells import open_id
from tastemaker.store.users.rows import iterate_stored_rows, put_sealed_users, put_users, seal_user
from tastemaker.validation import UserRow

Find = Callable[[str], int]
Cells = Callable[[], list[bytes]]


@pytest.fixture
def worker(shop: Tastemaker, database: Database, key: Key) -> Tastemaker:
    """Another engine on the database, which has its keys in memory."""
    other = Tastemaker(database, key=key)
    assert other.show("u1")["attributes"] == {"town": town(1)}
    return other


def test_a_worker_reads_what_is_sealed_under_a_key_that_it_does_not_know(
    shop: Tastemaker, worker: Tastemaker
) -> None:
    shop.keys.rotate(destroy=True)
    assert worker.show("u1")["attributes"] == {"town": town(1)}
    assert sorted(worker.user_ids()) == sorted(f"u{n}" for n in range(PEOPLE))


@pytest.mark.parametrize(
    "write",
    [
        lambda worker: worker.put_users([{"user_id": "new", "town": "York"}]),
        lambda worker: worker.put_users([{"user_id": "u1", "town": "York"}]),
        lambda worker: worker.record("new", "tea"),
        lambda worker: worker.record_many([{"user_id": "new", "item_id": "tea"}]),
        lambda worker: worker.merge_users("u1", "new"),
    ],
    ids=["new user", "known user", "record", "record_many", "merge"],
)
def test_a_worker_seals_under_the_new_key_at_once(
    shop: Tastemaker,
    worker: Tastemaker,
    cells: Cells,
    data_key: Find,
    write: Callable[[Tastemaker], object],
) -> None:
    shop.keys.rotate(destroy=True)
    write(worker)
    assert {cell[4:8] for cell in cells()} == {data_key("active").to_bytes(4, "big")}
    assert shop.keys.verify().is_clean


def test_what_was_sealed_before_a_rotation_is_written_under_the_new_key(
    shop: Tastemaker, store: Store, cells: Cells, data_key: Find
) -> None:
    ring = store.keyring
    waiting = [seal_user(ring, ring.ref_keys[0], UserRow("new", {"town": "York"}))]
    shop.keys.rotate(destroy=True)
    with store.writing("writing users") as connection:
        put_sealed_users(connection, store.keyring, waiting)
    assert shop.show("new")["attributes"] == {"town": "York"}
    assert {cell[4:8] for cell in cells()} == {data_key("active").to_bytes(4, "big")}


def test_the_keys_are_read_once_for_a_key_that_is_nowhere(
    shop: Tastemaker, store: Store, database: Database
) -> None:
    with database.reading() as connection:
        rows = list(iterate_stored_rows(connection))
    strange = rows[0].external_id[:4] + b"\x00\x00\x00\x07" + rows[0].external_id[8:]
    statements: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )
    for _ in range(50):
        with pytest.raises(UnknownKeyError, match="key 7"):
            open_id(store.keyring, bytes(rows[0].ref), strange)
    assert sum("tastemaker_key" in statement for statement in statements) == 1


def test_sealing_costs_one_statement_and_writing_of_known_people_none(
    shop: Tastemaker, database: Database
) -> None:
    shop.record("u1", "tea")
    statements: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )
    shop.record("u1", "tea")
    assert not any("tastemaker_key" in statement for statement in statements)
    shop.record("new", "tea")
    assert sum("tastemaker_key" in statement for statement in statements) == 1


def test_promoting_waits_for_whoever_is_sealing(
    shop: Tastemaker, store: Store, cells: Cells, data_key: Find
) -> None:
    shop.keys.add()
    order: list[str] = []

    def promote() -> None:
        shop.keys.promote()
        order.append("promoted")

    other = threading.Thread(target=promote)
    with store.writing("writing users") as connection:
        put_users(connection, store.keyring, [UserRow("new", {"town": "York"})])
        other.start()
        time.sleep(0.3)  # it would be through by now if it did not wait
        order.append("sealed")
    other.join()
    assert order == ["sealed", "promoted"]
    assert {cell[4:8] for cell in cells()} == {data_key("decrypt").to_bytes(4, "big")}
    assert shop.keys.rotate().reencrypted.left == 0


def test_a_pool_of_one_connection_is_enough(shop: Tastemaker, database: Database, key: Key) -> None:
    engine = create_engine(
        database.engine.url, pool_size=1, max_overflow=0, pool_timeout=1, hide_parameters=True
    )
    worker = Tastemaker(engine, key=key)
    worker.show("u1")
    shop.keys.rotate(destroy=True)
    assert worker.show("u1")["attributes"] == {"town": town(1)}
    shop.keys.rotate(destroy=True)
    worker.put_users([{"user_id": "u1", "town": "York"}])
    with engine.begin() as connection:
        worker.record("new", "tea", connection=connection)
    assert shop.show("u1")["attributes"] == {"town": "York"}
    assert shop.keys.verify().is_clean
    engine.dispose()


def test_an_applications_transaction_seals_under_the_new_key(
    shop: Tastemaker, worker: Tastemaker, database: Database
) -> None:
    shop.keys.rotate(destroy=True)
    with database.engine.begin() as connection:
        worker.record("new", "tea", connection=connection)
        worker.record("newer", "tea", connection=connection)
    assert shop.keys.verify().is_clean
    assert shop.show("newer")["interactions"] == 1


def test_a_worker_serves_by_features_throughout(
    shop: Tastemaker, database: Database, key: Key
) -> None:
    people = [{"user_id": f"u{n}", "town": town(n)} for n in range(PEOPLE)]
    shop.put_users(people, features=["town"])
    shop.record_many(
        {"user_id": f"u{n % PEOPLE}", "item_id": f"i{n % 7}"} for n in range(5 * PEOPLE)
    )
    shop.train(only=["demographic-popularity"])
    worker = Tastemaker(database, key=key)
    before = worker.recommend("u1", k=3)
    shop.keys.rotate(destroy=True)
    answer = worker.recommend("u1", k=3)
    assert (list(answer), answer.details.problems) == (list(before), ())
