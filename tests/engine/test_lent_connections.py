"""Every write joins the application's transaction; one lent by another database is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from tastemaker import InputError, Key, Tastemaker, WrongDatabaseError
from tastemaker.store.sql.database import Database

Write = Callable[[Tastemaker, Session], object]

WRITES: dict[str, Write] = {
    "put_items": lambda shop, own: shop.put_items([{"item_id": "new"}], connection=own),
    "update_items": lambda shop, own: shop.update_items(
        [{"item_id": "item-1", "title": "New"}], connection=own
    ),
    "update_users": lambda shop, own: shop.update_users(
        [{"user_id": "person-0", "town": "York"}], ["town"], connection=own
    ),
    "put_users": lambda shop, own: shop.put_users([{"user_id": "new"}], ["a"], connection=own),
    "set_available": lambda shop, own: shop.set_available(["item-1"], False, connection=own),
    "set_kind": lambda shop, own: shop.set_kind("like", 0.5, connection=own),
    "record": lambda shop, own: shop.record("new", "item-1", connection=own),
    "record_many": lambda shop, own: shop.record_many(
        [{"user_id": "new", "item_id": "item-1"}], connection=own
    ),
    "remove": lambda shop, own: shop.remove("person-0", "item-0", connection=own),
    "delete_items": lambda shop, own: shop.delete_items(["item-1"], connection=own),
    "merge_users": lambda shop, own: shop.merge_users("person-1", "person-0", connection=own),
    "tell": lambda shop, own: shop.tell("person-0", "item-1", "never", connection=own),
    "forget": lambda shop, own: shop.forget("person-0", connection=own),
}
"""Each method that writes rows, called in a way that changes the shop of `conftest.py`."""


def dump(engine: Engine) -> list[list[tuple[object, ...]]]:
    """All rows of the tables that writes may change."""
    with engine.connect() as connection:
        return [
            sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM tastemaker_{name}")))
            for name in ("item", "user", "interaction", "kind", "meta")
        ]


@pytest.fixture
def own_engine(engine: Tastemaker, database: Database) -> Iterator[Engine]:
    """The application's own engine on the shop's database."""
    own = create_engine(database.engine.url, hide_parameters=True)
    yield own
    own.dispose()


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_write_is_undone_and_kept_with_the_applications_transaction(
    engine: Tastemaker, own_engine: Engine, write: Write
) -> None:
    before = dump(own_engine)
    with Session(own_engine) as session:
        write(engine, session)
        session.rollback()
        assert dump(own_engine) == before
        write(engine, session)
        session.commit()
    assert dump(own_engine) != before


@pytest.fixture
def elsewhere(tmp_path: Path, key: Key) -> Iterator[Engine]:
    """An engine on another Tastemaker database, made with the same key."""
    own = create_engine(f"sqlite:///{tmp_path}/elsewhere.db", hide_parameters=True)
    with Tastemaker(own, key=key) as shop:
        shop.upgrade()
        shop.put_items([{"item_id": "item-1"}])
        shop.record("person-0", "item-0", "like")
    yield own
    own.dispose()


@pytest.fixture
def sqlite_shop(sqlite_database: Database, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(sqlite_database, key=key) as shop:
        shop.upgrade()
        shop.record("person-0", "item-0")
        shop.record("person-1", "item-1")
        yield shop


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_connection_to_another_database_is_refused_before_anything_is_written(
    sqlite_shop: Tastemaker, elsewhere: Engine, write: Write
) -> None:
    before = dump(elsewhere)
    with Session(elsewhere) as session:
        with pytest.raises(WrongDatabaseError, match="to another database"):
            write(sqlite_shop, session)
        session.commit()
    assert dump(elsewhere) == before


def test_a_database_without_keys_is_another_database(
    sqlite_shop: Tastemaker, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "empty.db")
    empty = create_engine(f"sqlite:///{tmp_path}/empty.db", hide_parameters=True)
    with empty.begin() as connection, pytest.raises(WrongDatabaseError):
        sqlite_shop.put_items([{"item_id": "new"}], connection=connection)
    empty.dispose()


def test_a_connection_is_looked_at_once(engine: Tastemaker, own_engine: Engine) -> None:
    nameless = "DELETE FROM tastemaker_meta WHERE name = 'tenant'"
    with own_engine.connect() as connection:
        engine.record("new", "item-1", connection=connection)
        connection.exec_driver_sql(nameless)
        engine.record("new", "item-2", connection=connection)
    with own_engine.connect() as connection:
        connection.exec_driver_sql(nameless)
        with pytest.raises(WrongDatabaseError):
            engine.record("new", "item-2", connection=connection)


def test_forgetting_in_an_open_transaction_is_not_complete(
    engine: Tastemaker, own_engine: Engine
) -> None:
    with own_engine.begin() as connection:
        assert not engine.forget("person-0", connection).complete
    again = engine.forget("person-1")
    # on PostgreSQL the tables are rewritten on demand, and no claim is made of the server's log
    on_sqlite = own_engine.dialect.name == "sqlite"
    assert (again.complete, again.pending) == (on_sqlite, () if on_sqlite else ("pages",))


def test_what_is_no_connection_is_refused(engine: Tastemaker, own_engine: Engine) -> None:
    with pytest.raises(InputError, match=r"is a sqlalchemy\.engine\.base\.Engine\. Give"):
        engine.put_items([{"item_id": "new"}], connection=own_engine)  # type: ignore[arg-type]
