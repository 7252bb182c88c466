"""Loaded before a fork, as `gunicorn --preload` does: no child has a connection of the parent's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import StaticPool

from tastemaker import AsyncTastemaker, Key, Tastemaker
from tastemaker.store.sql.database import Database

Fork = Callable[[Callable[[], object]], int]

CHILDREN = 4
TURNS = 20


@pytest.fixture
def own_engine(database: Database) -> Iterator[Engine]:
    """The application's own engine, on a database that has the schema."""
    engine = create_engine(database.engine.url, hide_parameters=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (number INTEGER PRIMARY KEY)"))
    engine.dispose()
    yield engine
    engine.dispose()


def statuses(children: list[int]) -> list[int]:
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def test_workers_of_a_preloaded_application(own_engine: Engine, key: Key, fork: Fork) -> None:
    with Tastemaker(own_engine, key=key) as shop:
        shop.upgrade()
        shop.record("alice", "tea")
        assert own_engine.pool.checkedin()  # type: ignore[attr-defined]

        def worker(number: int) -> None:
            assert own_engine.pool.checkedin() == 0  # type: ignore[attr-defined]
            for turn in range(number, number + TURNS):
                with own_engine.begin() as connection:
                    connection.execute(text("INSERT INTO orders VALUES (:n)"), {"n": turn})
                    shop.record(f"user-{turn}", "tea", connection=connection)
                assert shop.show(f"user-{turn}")["interactions"] == 1

        started = [fork(lambda n=n: worker(n * TURNS)) for n in range(CHILDREN)]  # type: ignore[misc]
        for turn in range(TURNS):
            shop.record("alice", "cup", at=float(turn))
        assert statuses(started) == [0] * CHILDREN
        with own_engine.connect() as connection:
            counted = connection.scalar(text("SELECT count(*) FROM orders"))
        assert counted == CHILDREN * TURNS
        assert len(list(shop.user_ids())) == 1 + CHILDREN * TURNS


def test_a_child_may_use_the_engine_after_the_application_disposed_of_it(
    own_engine: Engine, key: Key, fork: Fork
) -> None:
    with Tastemaker(own_engine, key=key) as shop:
        shop.upgrade()

        def worker() -> None:
            own_engine.dispose(close=False)  # as SQLAlchemy's manual has it
            shop.record("alice", "tea")

        assert statuses([fork(worker), fork(worker)]) == [0, 0]
        shop.record("bob", "tea")
        assert sorted(shop.user_ids()) == ["alice", "bob"]


def test_a_lent_database_in_memory_stays_with_its_connection(key: Key, fork: Fork) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
    with Tastemaker(engine, key=key) as shop:
        shop.upgrade()
        shop.record("alice", "tea")

        def worker() -> None:
            assert list(shop.user_ids()) == ["alice"]

        assert statuses([fork(worker)]) == [0]
    engine.dispose()


def test_coroutines_in_a_child_have_threads_of_its_own(
    sqlite_database: Database, key: Key, fork: Fork
) -> None:
    shop = AsyncTastemaker(sqlite_database, key=key)
    asyncio.run(shop.upgrade())

    def worker() -> None:
        asyncio.run(asyncio.wait_for(shop.record("alice", "tea"), 60))

    assert statuses([fork(worker)]) == [0]

    async def end() -> list[str]:
        found = [one async for one in shop.user_ids()]
        await shop.close()
        return found

    assert asyncio.run(end()) == ["alice"]
