"""Syncing from an application's own tables, and being killed in the middle of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Select,
    String,
    Table,
    create_engine,
    event,
    func,
    select,
)

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, RowRefusedError, StoreError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.interactions.read import snapshot
from tastemaker.store.sql.database import Database
from tastemaker.store.watermarks import Watermark, put_watermark, read_watermark

Fork = Callable[[Callable[[], object]], int]

START = datetime(2024, 1, 1)
orders = Table(
    "orders",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("customer", String(40)),
    Column("product", Integer),
    Column("quantity", Numeric(10, 2)),
    Column("bought", DateTime),
    Column("updated_at", DateTime),
)
SELECT: Select[Any] = select(
    orders.c.customer.label("user_id"),
    orders.c.product.label("item_id"),
    orders.c.quantity.label("value"),
    orders.c.bought.label("timestamp"),
    orders.c.updated_at,
)
SQL = (
    "SELECT customer AS user_id, product AS item_id, quantity AS value, bought AS timestamp,"
    " updated_at FROM orders"
)


def order(number: int, tie: int = 7) -> dict[str, Any]:
    """An order; several have the same watermark."""
    return {
        "id": number,
        "customer": f"customer-{number % 23}",
        "product": number % 11,
        "quantity": number % 5,
        "bought": START + timedelta(seconds=number),
        "updated_at": START + timedelta(hours=number // tie, microseconds=5),
    }


def put(engine: Engine, numbers: range, **changes: Any) -> None:
    """Writes orders into the application's table."""
    with engine.begin() as connection:
        connection.execute(orders.insert(), [{**order(number), **changes} for number in numbers])


@pytest.fixture
def shop(database: Database, key: Key) -> Iterator[Tastemaker]:
    """An engine whose own database has the application's orders too."""
    with Tastemaker(database, key=key) as shop:
        shop.upgrade()
        orders.create(database.engine)
        put(database.engine, range(100))
        yield shop


def times(database: Database) -> list[int]:
    with database.reading() as connection:
        return sorted(snapshot(connection).times.tolist())


def expected(numbers: range) -> list[int]:
    moments = (order(number)["bought"].replace(tzinfo=UTC) for number in numbers)
    return [round(moment.timestamp() * 1e6) for moment in moments]


@pytest.mark.parametrize("query", [SELECT, SQL], ids=["select", "sql"])
@pytest.mark.parametrize("batch_rows", [1, 10, 1000])
def test_all_at_first_and_then_what_is_new(
    shop: Tastemaker, database: Database, query: Any, batch_rows: int
) -> None:
    first = shop.sync(query, name="orders", kind="purchase", batch_rows=batch_rows)
    assert (first.name, first.into, first.new, first.unread) == ("orders", "interactions", 100, ())
    assert times(database) == expected(range(100))
    again = shop.sync(query, name="orders", kind="purchase", batch_rows=batch_rows)
    assert (again.new, again.read, again.updated) == (0, 2, 2)  # those of the last watermark
    put(database.engine, range(100, 103))
    last = shop.sync(query, name="orders", kind="purchase", batch_rows=batch_rows)
    assert last.new == 3
    assert times(database) == expected(range(103))
    assert [kind.kind for kind in shop.kinds()] == ["purchase"]


def test_rows_of_one_watermark_only(shop: Tastemaker, database: Database) -> None:
    put(database.engine, range(100, 150), updated_at=order(99)["updated_at"])
    assert shop.sync(SELECT, name="orders", batch_rows=5).new == 150
    put(database.engine, range(150, 170), updated_at=order(99)["updated_at"])
    assert shop.sync(SELECT, name="orders", batch_rows=5).new == 20
    assert times(database) == expected(range(170))


def test_a_changed_row_gets_its_new_value(shop: Tastemaker, database: Database) -> None:
    shop.sync(SELECT, name="orders")
    with database.engine.begin() as connection:
        changed = orders.update().where(orders.c.id == 3)
        connection.execute(changed.values(quantity=40, updated_at=START + timedelta(days=9)))
    assert shop.sync(SELECT, name="orders").new == 0
    with database.reading() as connection:
        assert sorted(snapshot(connection).values.tolist())[-1] == 40


def test_from_another_database(shop: Tastemaker, database: Database, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/application.db"
    source = create_engine(url)
    orders.create(source)
    put(source, range(500, 520))
    assert shop.sync(SELECT, name="by engine", source=source).new == 20
    source.dispose()
    assert shop.sync(SQL, name="by URL", source=url).new == 0
    assert times(database) == expected(range(500, 520))


def test_an_applications_engine_without_write_ahead_log(tmp_path: Path, key: Key) -> None:
    """One cursor that stays open beside the writes would lock them out."""
    engine = create_engine(f"sqlite:///{tmp_path}/a.db", hide_parameters=True)
    orders.create(engine)
    put(engine, range(50))
    with Tastemaker(engine, key=key) as shop:
        shop.upgrade()
        assert shop.sync(SELECT, name="orders", batch_rows=7).new == 50
    engine.dispose()


def test_in_memory(key: Key) -> None:
    with Database("sqlite://") as database, Tastemaker(database, key=key) as shop:
        shop.upgrade()
        orders.create(database.engine)
        put(database.engine, range(50))
        assert shop.sync(SELECT, name="orders", batch_rows=7).new == 50


def test_items_and_users(shop: Tastemaker, database: Database) -> None:
    items = (
        "SELECT product AS item_id, min(customer) AS title, max(quantity) AS price,"
        " max(id) AS number FROM orders GROUP BY product"
    )
    result = shop.sync(items, "items", name="products", watermark="number", batch_rows=4)
    assert (result.new, result.watermark) == (11, 99)
    assert shop.sync(items, "items", name="products", watermark="number").read == 1
    users = select(
        orders.c.customer.label("user_id"),
        func.max(orders.c.product).label("favourite"),
        func.max(orders.c.bought).label("updated_at"),
    ).group_by(orders.c.customer)
    shop.sync(users, "users", name="people", features=["favourite"])
    # the watermark is no attribute
    attributes = shop.export("customer-0")["attributes"]
    assert isinstance(attributes, dict)
    assert list(attributes) == ["favourite"]


def test_the_query_may_say_where_the_watermark_goes(shop: Tastemaker, database: Database) -> None:
    query = f"{SQL} WHERE id >= 10 AND updated_at >= :watermark;"
    with pytest.raises(InputError, match="Give the first one as start"):
        shop.sync(query, name="orders")
    sqlite = database.dialect.system == "sqlite"
    start = str(START) if sqlite else START
    assert shop.sync(query, name="orders", start=start, batch_rows=20).new == 90
    assert shop.sync(query, name="orders").new == 0


def test_begin_with_a_start_and_begin_anew(shop: Tastemaker) -> None:
    assert shop.sync(SELECT, name="orders", start=order(70)["updated_at"]).new == 30
    assert shop.sync(SELECT, name="orders").new == 0
    anew = shop.sync(SELECT, name="orders", restart=True)
    assert (anew.new, anew.updated) == (70, 30)


def test_a_bad_row_keeps_the_batches_before(shop: Tastemaker, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(orders.update().where(orders.c.id == 50).values(customer=""))
    with pytest.raises(RowRefusedError, match="Nothing of its batch was written") as caught:
        shop.sync(SELECT, name="orders", batch_rows=14)
    assert caught.value.column == "user_id"
    assert times(database) == expected(range(42))
    with database.engine.begin() as connection:
        connection.execute(orders.update().where(orders.c.id == 50).values(customer="c"))
    shop.sync(SELECT, name="orders", batch_rows=14)
    assert times(database) == expected(range(100))


def test_what_is_refused(shop: Tastemaker, database: Database) -> None:
    with pytest.raises(InputError, match="no column changed"):
        shop.sync(SELECT, name="a", watermark="changed")
    with pytest.raises(InputError, match="no column user_id"):
        shop.sync(select(orders), name="a")
    with pytest.raises(InputError, match="no sync into 'people'"):
        shop.sync(SELECT, "people", name="a")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="name of the sync is empty"):
        shop.sync(SELECT, name="")
    with pytest.raises(InputError, match="batch_rows is 0"):
        shop.sync(SELECT, name="a", batch_rows=0)
    shop.sync(SELECT, name="a")
    with pytest.raises(InputError, match="goes into interactions by updated_at"):
        shop.sync(SELECT, "users", name="a")
    put(database.engine, range(200, 201), updated_at=None)
    with pytest.raises(RowRefusedError, match="it is NULL") as caught:
        shop.sync(SELECT, name="b")
    assert caught.value.column == "updated_at"


def test_errors_of_the_source_show_no_values(shop: Tastemaker) -> None:
    with pytest.raises(StoreError, match="nowhere") as caught:
        shop.sync("SELECT * FROM nowhere", name="a")
    assert caught.value.__context__ is None
    for url in ("nonsense://user:secret@host/a", "secret", "postgresql+psycopg://u:secret@[::1/a"):
        with pytest.raises(InputError, match="URL of the source") as refused:
            shop.sync(SQL, name="a", source=url)
        assert "secret" not in str(refused.value)
        assert refused.value.__context__ is None


@pytest.mark.parametrize(
    "value", [5, 0.1, "2024-01-01", START, START.replace(tzinfo=UTC), START.date()], ids=repr
)
def test_watermarks_are_kept_as_they_are(database: Database, value: object) -> None:
    with database.writing() as connection:
        put_watermark(connection, "a", Watermark("items", "changed", value))
    with database.reading() as connection:
        assert read_watermark(connection, "a") == ("items", "changed", value)
        assert read_watermark(connection, "b") is None
    for other in (None, True, float("nan"), b"x"):
        with pytest.raises(InputError, match="A watermark is"), database.writing() as connection:
            put_watermark(connection, "a", Watermark("items", "changed", other))


def test_killed_at_every_statement(shop: Tastemaker, database: Database, fork: Fork) -> None:
    """A sync that is killed, and killed again, ends where an undisturbed one does."""
    killed = 0
    for statement in range(1, 1000):
        if not killed_at(statement * 3, shop, database, fork):
            break
        killed += 1
        found = times(database)
        assert found == expected(range(len(found)))  # whole batches, in order, nothing doubled
    assert killed >= 3
    assert times(database) == expected(range(100))
    assert shop.sync(SELECT, name="orders").new == 0


def killed_at(statement: int, shop: Tastemaker, database: Database, fork: Fork) -> bool:
    """Syncs in a process that is killed at its n-th statement; whether it came to that."""

    def work() -> None:
        left = [statement]

        def count(*_: object) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(database.engine, "before_cursor_execute", count)
        event.listen(database.engine, "commit", count)
        shop.sync(SELECT, name="orders", batch_rows=10)

    status = os.waitpid(fork(work), 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0
