"""`AsyncTastemaker`: nothing blocks the loop, and writes join an asynchronous transaction."""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from tastemaker import AsyncTastemaker, InputError, Key, StoreError, Tastemaker, WrongDatabaseError
from tastemaker.store.sql.database import Database

TICKS = 100
"""How often the loop must have turned while a call was under way."""

PATIENCE = 60
"""Seconds after which a test that would hang fails."""


@pytest.fixture(params=["aiosqlite", "asyncpg", "psycopg_async"])
def async_engine(request: pytest.FixtureRequest) -> AsyncEngine:
    """An application's asynchronous engine on a fresh database with the schema."""
    kind = "sqlite" if request.param == "aiosqlite" else "postgresql"
    database: Database = request.getfixturevalue(f"{kind}_database")
    url = database.engine.url.set(drivername=f"{kind}+{request.param}")
    return create_async_engine(url, hide_parameters=True)


@asynccontextmanager
async def opened(engine: AsyncEngine, key: Key) -> AsyncIterator[AsyncTastemaker]:
    """A shop on the application's engine, in which alice had tea."""
    async with AsyncTastemaker(engine, key=key) as shop:
        await shop.upgrade()
        await shop.put_items([{"item_id": "tea"}, {"item_id": "cup"}, {"item_id": "pot"}])
        await shop.record("alice", "tea", "like")
        yield shop
    await engine.dispose()


@asynccontextmanager
async def heart(beaten: Callable[[], object]) -> AsyncIterator[None]:
    """A coroutine that ticks while the block runs, and calls `beaten` at its hundredth tick."""

    async def beat() -> None:
        for _ in range(TICKS):
            await asyncio.sleep(0)
        beaten()

    task = asyncio.create_task(beat())
    yield
    await task


def test_a_call_leaves_the_loop_free(async_engine: AsyncEngine, key: Key) -> None:
    beaten = threading.Event()

    def rows() -> Iterator[dict[str, object]]:
        yield {"user_id": "bob", "item_id": "tea"}
        # Where the call blocked the loop, nobody would ever set it.
        assert beaten.wait(PATIENCE)
        yield {"user_id": "carol", "item_id": "tea"}

    async def main() -> None:
        async with opened(async_engine, key) as shop, heart(beaten.set):
            assert (await shop.record_many(rows())).new == 2

    asyncio.run(main())


def test_recommending_and_reading(async_engine: AsyncEngine, key: Key) -> None:
    async def main() -> None:
        async with opened(async_engine, key) as shop:
            answers = await asyncio.gather(*(shop.recommend("alice") for _ in range(20)))
            assert {one.item_id for answer in answers for one in answer} == {"cup", "pot"}
            assert [user_id async for user_id in shop.user_ids()] == ["alice"]
            assert (await shop.show("alice"))["interactions"] == 1
            assert await shop.exploration() == 0.02
            assert shop.name == shop.shop.name

    asyncio.run(main())


def test_a_write_joins_the_transaction_of_a_session(async_engine: AsyncEngine, key: Key) -> None:
    async def main() -> None:
        async with opened(async_engine, key) as shop, AsyncSession(async_engine) as session:
            await session.execute(text("CREATE TABLE orders (item TEXT)"))
            await session.commit()
            for keep in (False, True):
                await session.execute(text("INSERT INTO orders VALUES ('cup')"))
                await shop.record("bob", "cup", "purchase", connection=session)
                await (session.commit() if keep else session.rollback())
                counted = await session.scalar(text("SELECT count(*) FROM orders"))
                assert counted == keep
                await session.rollback()
                assert [one async for one in shop.user_ids()][1:] == ["bob"] * keep

    asyncio.run(main())


def test_a_failed_statement_is_told_by_its_state(async_engine: AsyncEngine, key: Key) -> None:
    states = {"sqlite": "SQLITE_ERROR", "postgresql": "42P01"}

    async def main() -> None:
        async with opened(async_engine, key) as shop, async_engine.connect() as connection:
            await connection.execute(text("ALTER TABLE tastemaker_user RENAME TO gone"))
            with pytest.raises(StoreError, match="db upgrade") as caught:
                await shop.record("alice", "cup", connection=connection)
            assert caught.value.sqlstate == states[async_engine.dialect.name]

    asyncio.run(main())


Write = Callable[[AsyncTastemaker, AsyncConnection], Awaitable[object]]

WRITES: dict[str, Write] = {
    "put_items": lambda shop, own: shop.put_items([{"item_id": "new"}], own),
    "update_items": lambda shop, own: shop.update_items([{"item_id": "tea", "title": "T"}], own),
    "put_users": lambda shop, own: shop.put_users([{"user_id": "new"}], ["town"], own),
    "update_users": lambda shop, own: shop.update_users([{"user_id": "alice", "a": 1}], [], own),
    "set_available": lambda shop, own: shop.set_available(["tea"], False, own),
    "set_kind": lambda shop, own: shop.set_kind("like", 0.5, connection=own),
    "record": lambda shop, own: shop.record("new", "tea", connection=own),
    "record_many": lambda shop, own: shop.record_many(
        [{"user_id": f"user-{n}", "item_id": "tea", "timestamp": n} for n in range(300)],
        connection=own,
    ),
    "remove": lambda shop, own: shop.remove("alice", "tea", connection=own),
    "delete_items": lambda shop, own: shop.delete_items(["tea"], own),
    "merge_users": lambda shop, own: shop.merge_users("alice", "bob", own),
    "tell": lambda shop, own: shop.tell("alice", "tea", "never", connection=own),
    "forget": lambda shop, own: shop.forget("alice", own),
}


def test_every_write_joins_a_connection(async_engine: AsyncEngine, key: Key) -> None:
    async def dump(connection: AsyncConnection) -> list[list[Any]]:
        names = ("item", "user", "interaction", "kind", "meta")
        rows = [
            (await connection.execute(text(f"SELECT * FROM tastemaker_{name}"))).all()
            for name in names
        ]
        await connection.rollback()
        return [sorted(map(tuple, part)) for part in rows]

    async def main() -> None:
        async with opened(async_engine, key) as shop, async_engine.connect() as connection:
            before = await dump(connection)
            for name, write in WRITES.items():
                await write(shop, connection)
                await connection.rollback()
                assert await dump(connection) == before, name
                await write(shop, connection)
                inside = await connection.execute(text("SELECT count(*) FROM tastemaker_meta"))
                assert inside.scalar_one()
                await connection.rollback()
            await WRITES["record_many"](shop, connection)
            await connection.commit()
            assert len(await dump(connection)) == 5 and await dump(connection) != before
            assert len([one async for one in shop.user_ids()]) == 301

    asyncio.run(main())


def test_what_an_asynchronous_driver_raises_is_scrubbed(
    async_engine: AsyncEngine, key: Key
) -> None:
    async def main() -> None:
        async with opened(async_engine, key) as shop, async_engine.connect() as connection:
            await shop.record("bob", "cup", connection=connection)
            await connection.execute(text("DROP TABLE tastemaker_interaction"))
            with pytest.raises(StoreError, match="tastemaker db upgrade") as caught:
                await shop.record("bob", "canary", connection=connection)
            assert "canary" not in str(caught.value)
            assert caught.value.__cause__ is caught.value.__context__ is None
            await connection.execute(text("SELECT 1"))

    asyncio.run(main())


def test_waiting_for_another_writer_leaves_the_loop_free(
    sqlite_database: Database, key: Key
) -> None:
    file = str(sqlite_database.engine.url.database)
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", hide_parameters=True)

    async def main() -> None:
        async with opened(engine, key) as shop, engine.connect() as connection:
            other = sqlite3.connect(file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            # Where the write blocked the loop, it would fail when its patience ends.
            async with heart(lambda: other.execute("ROLLBACK")):
                await shop.record("bob", "cup", connection=connection)
            await connection.commit()
            other.close()
            assert len([one async for one in shop.user_ids()]) == 2

    asyncio.run(main())


def test_another_database_is_refused(async_engine: AsyncEngine, key: Key, tmp_path: Any) -> None:
    with Tastemaker(f"sqlite:///{tmp_path}/other.db", key=key) as other:
        other.upgrade()

    async def main() -> None:
        own = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/other.db", hide_parameters=True)
        async with opened(async_engine, key) as shop, AsyncSession(own) as session:
            with pytest.raises(InputError) as caught:
                await shop.record("bob", "cup", connection=session)
            is_sqlite = async_engine.url.get_backend_name() == "sqlite"
            assert isinstance(caught.value, WrongDatabaseError) or not is_sqlite
        await own.dispose()

    asyncio.run(main())


def test_a_synchronous_connection_is_refused(sqlite_database: Database, key: Key) -> None:
    url = sqlite_database.engine.url
    engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"), hide_parameters=True)
    own = create_engine(url, hide_parameters=True)

    async def main() -> None:
        async with opened(engine, key) as shop:
            with own.connect() as connection, pytest.raises(InputError, match="an AsyncSession"):
                await shop.record("bob", "cup", connection=connection)  # type: ignore[arg-type]

    asyncio.run(main())
    own.dispose()


def test_the_plain_class_names_the_asynchronous_one(sqlite_database: Database, key: Key) -> None:
    url = sqlite_database.engine.url.set(drivername="sqlite+aiosqlite")
    engine = create_async_engine(url, hide_parameters=True)
    with pytest.raises(InputError, match="Use AsyncTastemaker"):
        Tastemaker(engine, key=key)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="Use AsyncTastemaker"):
        Tastemaker(engine.sync_engine, key=key)
    with Tastemaker(sqlite_database, key=key) as shop:
        shop.upgrade()
        for lent in (AsyncSession(engine), engine.connect()):
            with pytest.raises(InputError, match=f"{type(lent).__name__} is async.*AsyncTaste"):
                shop.record("alice", "tea", connection=lent)  # type: ignore[arg-type]


def test_a_database_in_memory_has_no_other_connections(key: Key) -> None:
    engine = create_async_engine("sqlite+aiosqlite://", hide_parameters=True)
    with pytest.raises(InputError, match="Give a file"):
        AsyncTastemaker(engine, key=key)


def public(kind: type) -> dict[str, Any]:
    return {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}


# keys are managed by an operator, on the command line or through `shop.keys`
METHODS = {name: own for name, own in public(Tastemaker).items() if name != "keys"}


def test_every_method_of_the_plain_class_is_there() -> None:
    assert set(public(AsyncTastemaker)) == set(METHODS)


@pytest.mark.parametrize("name", [name for name in METHODS if callable(METHODS[name])])
def test_a_method_has_the_same_parameters(name: str) -> None:
    def shape(method: Any) -> list[tuple[str, Any, Any]]:
        parameters = inspect.signature(method).parameters.values()
        return [(one.name, one.kind, one.default) for one in parameters]

    assert shape(getattr(AsyncTastemaker, name)) == shape(METHODS[name])
