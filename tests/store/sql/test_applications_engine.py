"""The engine inside an application: on its SQLAlchemy engine, in its transactions."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, StoreError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import fetch

COUNT = text("SELECT count(*) FROM number")
INSERT = text("INSERT INTO number VALUES (:value)")


def count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.scalar(COUNT) or 0)


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def begin_by_event(engine: Engine) -> None:
    """SQLAlchemy's documented way to real transactions on SQLite, before Python 3.12."""

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


TRANSACTIONAL = ["driver", "event", "postgresql"] + ["pep249"] * (sys.version_info >= (3, 12))
AUTOCOMMIT = ["driver-autocommit", "postgresql-autocommit"]


@pytest.fixture(params=TRANSACTIONAL + AUTOCOMMIT)
def any_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An application's engine, set up in one of the ways there are, with a table that holds 1."""
    yield from applications_engine(request)


@pytest.fixture(params=TRANSACTIONAL)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An application's engine whose connections have transactions."""
    yield from applications_engine(request)


def applications_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    setup: str = request.param
    kind = "postgresql" if setup.startswith("postgresql") else "sqlite"
    database: Database = request.getfixturevalue(f"{kind}_database")
    engine = create_engine(
        database.engine.url,
        hide_parameters=True,
        connect_args={"autocommit": False} if setup == "pep249" else {},
    )
    if setup == "event":
        begin_by_event(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE number (value INTEGER PRIMARY KEY)"))
        connection.execute(INSERT, {"value": 1})
    autocommit = setup.endswith("autocommit")
    yield engine.execution_options(isolation_level="AUTOCOMMIT") if autocommit else engine
    engine.dispose()


def test_writes_on_the_applications_engine_are_whole_or_not_at_all(any_engine: Engine) -> None:
    database = Database(any_engine)
    with database.writing() as connection:
        connection.execute(INSERT, {"value": 2})
    with pytest.raises(StoreError), database.writing() as connection:
        connection.execute(INSERT, {"value": 3})
        connection.execute(INSERT, {"value": 2})
    assert count(database) == 2
    with database.reading() as reader:
        assert reader.scalar(COUNT) == 2
        with database.writing() as writer:
            writer.execute(INSERT, {"value": 4})
        assert reader.scalar(COUNT) == 2


def test_writes_join_the_applications_transaction(engine: Engine) -> None:
    database = Database(engine)
    with engine.connect() as connection:
        connection.execute(INSERT, {"value": 2})
        with database.writing(connection) as joined:
            joined.execute(INSERT, {"value": 3})
        connection.rollback()
        assert count(database) == 1
        with database.writing(connection) as joined:
            joined.execute(INSERT, {"value": 3})
        connection.execute(INSERT, {"value": 2})
        assert connection.in_transaction()
        connection.commit()
    assert count(database) == 3


def test_writes_join_the_applications_session(engine: Engine) -> None:
    database = Database(engine)
    with Session(engine) as session:
        with database.writing(session) as joined:
            joined.execute(INSERT, {"value": 2})
        session.rollback()
        with database.writing(session) as joined:
            joined.execute(INSERT, {"value": 3})
        session.execute(INSERT, {"value": 4})
        session.commit()
    assert count(database) == 3


def test_a_failed_write_undoes_only_itself_in_the_applications_transaction(
    engine: Engine,
) -> None:
    database = Database(engine)
    with engine.begin() as connection:
        connection.execute(INSERT, {"value": 2})
        with pytest.raises(StoreError), database.writing(connection) as joined:
            joined.execute(INSERT, {"value": 3})
            joined.execute(INSERT, {"value": 2})
        connection.execute(INSERT, {"value": 4})
    assert count(database) == 3


def test_an_autocommit_connection_on_postgresql_cannot_be_joined(
    postgresql_database: Database,
) -> None:
    url = postgresql_database.engine.url
    engine = create_engine(url, hide_parameters=True, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        writing = Database(engine).writing(connection)
        with pytest.raises(InputError, match="autocommit"), writing:
            pass
    engine.dispose()


@pytest.mark.parametrize("given", [5, "sqlite://", object()])
def test_what_is_no_connection_cannot_be_joined(sqlite_database: Database, given: Any) -> None:
    with (
        pytest.raises(InputError, match="Give a Connection of SQLAlchemy, or a Session"),
        sqlite_database.writing(given),
    ):
        raise AssertionError


def test_a_connection_to_the_other_database_system_cannot_be_joined(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    with sqlite_database.reading() as connection:
        writing = postgresql_database.writing(connection)
        with pytest.raises(InputError, match="is to sqlite"), writing:
            pass


def test_the_applications_engine_keeps_its_ways(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/test.db", hide_parameters=True)
    with Database(engine) as database, database.writing() as connection:
        assert pragma(connection, "secure_delete") == 1
    with engine.connect() as connection:
        assert pragma(connection, "foreign_keys") == 0
        assert pragma(connection, "journal_mode") == "delete"
        assert connection.connection.driver_connection is not None
    assert engine.pool.status().endswith("Current Checked out connections: 0")
    assert not engine.dispatch.begin
    engine.dispose()


def test_the_applications_in_memory_engine_works() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
    database = Database(engine)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE number (value INTEGER PRIMARY KEY)"))
        connection.execute(INSERT, {"value": 1})
    assert count(database) == 1
    engine.dispose()


def test_an_engine_that_shows_parameters_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="hide_parameters=True"):
        Database(create_engine("sqlite://"))


def test_an_application_that_listens_hears_of_every_read(engine: Engine) -> None:
    heard: list[str] = []
    with Database(engine).reading() as connection:
        assert fetch(connection, "SELECT value FROM number WHERE value = ?", (1,)) == [(1,)]
        event.listen(engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
        assert fetch(connection, "SELECT value FROM number WHERE value = ?", (1,)) == [(1,)]
    assert [statement for statement in heard if "WHERE" in statement]


def test_an_application_that_listens_hears_of_columns_read_at_once(
    sqlite_database: Database, key: Key
) -> None:
    heard: list[str] = []
    with Tastemaker(sqlite_database, key=key) as shop:
        shop.upgrade()
        for user_id in ("alice", "bob"):
            shop.record(user_id, "tea")
        event.listen(
            sqlite_database.engine, "before_cursor_execute", lambda *given: heard.append(given[2])
        )
        shop.recommend_many(["alice", "bob"])
    assert [statement for statement in heard if "group_concat" in statement]
