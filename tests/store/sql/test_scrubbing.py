from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tastemaker.errors import PlaintextRefusedError, StoreError
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.parameter_marks import marked
from tastemaker.store.sql.scrubbing import scrubbed
from tastemaker.store.sql.tables import user

CANARY = "canary-4711"
INSERT = text("INSERT INTO secret VALUES (:value)")


@pytest.fixture
def secrets(database: Database) -> Database:
    """A database with a table of unique texts, which holds the canary."""
    with database.writing() as connection:
        connection.execute(
            text("CREATE TABLE secret (value TEXT UNIQUE CHECK (length(value) < 50))")
        )
        connection.execute(INSERT, {"value": CANARY})
    return database


def everything_of(error: BaseException) -> Iterator[str]:
    """Whatever a crash reporter would send of an error: texts, attributes, locals of frames."""
    yield from (str(error), repr(error), repr(error.args), repr(vars(error)))
    yield "".join(traceback.format_exception(error))
    for frame, _ in traceback.walk_tb(error.__traceback__):
        # This file's own frames hold the canary, as an application's would its own values.
        if frame.f_code.co_filename != __file__:
            for local in frame.f_locals.values():
                assert not isinstance(local, SQLAlchemyError | sqlite3.Error)
                yield repr(local)


def assert_clean(error: BaseException) -> None:
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not [part for part in everything_of(error) if CANARY in part]


def test_a_violated_constraint_shows_nothing(secrets: Database) -> None:
    writing = secrets.writing(operation="record")
    with pytest.raises(StoreError) as caught, writing as connection:
        connection.execute(INSERT, {"value": CANARY})
    assert_clean(caught.value)
    states = {"sqlite": "SQLITE_CONSTRAINT_UNIQUE", "postgresql": "23505"}
    state = states[secrets.engine.dialect.name]
    said = f"The database failed during record (IntegrityError, {state}). To see the statement"
    assert str(caught.value).startswith(said)
    found = (caught.value.operation, caught.value.code, caught.value.sqlstate)
    assert found == ("record", "IntegrityError", state)


def test_an_error_before_the_server_answers_has_no_state() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreError) as caught, database.reading():
        pass
    assert caught.value.sqlstate == ""
    assert "(OperationalError). Check that the server runs" in str(caught.value)


@pytest.mark.parametrize("width", [1, 9])
def test_who_debugs_sees_the_statement_and_names_but_no_value(
    secrets: Database, caplog: pytest.LogCaptureFixture, width: int
) -> None:
    caplog.set_level(logging.DEBUG, "tastemaker.store")
    writing = secrets.writing(operation="record")
    with pytest.raises(StoreError) as caught, writing as connection:
        connection.execute(INSERT, {"value": CANARY * width})
    (record,) = caplog.records
    assert record.getMessage().startswith("The database failed during record (IntegrityError, ")
    assert caught.value.sqlstate in caplog.text
    place = "failed: " if secrets.engine.dialect.name == "sqlite" else "table secret, constraint "
    assert place in caplog.text.partition("Statement:")[0]
    assert "Statement: INSERT INTO secret VALUES (" in caplog.text
    assert CANARY not in caplog.text
    assert not record.exc_info


def test_nobody_else_sees_the_statement(
    secrets: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tastemaker.store")
    with pytest.raises(StoreError), secrets.writing() as connection:
        connection.execute(INSERT, {"value": CANARY})
    assert caplog.records == []


def test_a_message_of_sqlite_with_a_value_is_not_logged(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tastemaker.store")
    with pytest.raises(StoreError, match="SQLITE_ERROR"), sqlite_database.writing() as connection:
        connection.execute(text("SELECT json(:value)"), {"value": CANARY})
    with pytest.raises(StoreError), sqlite_database.writing() as connection:
        connection.execute(text("SELECT json_extract('{}', :value)"), {"value": CANARY})
    assert len(caplog.records) == 2
    assert CANARY not in caplog.text


def test_a_violated_constraint_shows_nothing_in_a_joined_transaction(secrets: Database) -> None:
    with secrets.engine.connect() as connection:
        with pytest.raises(StoreError) as caught, secrets.writing(connection) as joined:
            joined.execute(INSERT, {"value": CANARY * 9})
        connection.rollback()
    assert_clean(caught.value)


def test_an_error_of_the_commit_shows_nothing(postgresql_database: Database) -> None:
    with postgresql_database.writing() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE secret (value TEXT UNIQUE DEFERRABLE INITIALLY DEFERRED)"
        )
        connection.execute(INSERT, {"value": CANARY})
    with pytest.raises(StoreError) as caught, postgresql_database.writing() as connection:
        connection.execute(INSERT, {"value": CANARY})
    assert_clean(caught.value)


def test_an_error_straight_from_the_driver_shows_nothing(secrets: Database) -> None:
    with pytest.raises(StoreError) as caught, secrets.writing() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(marked(connection, "INSERT INTO secret VALUES (?)"), (CANARY,))
    assert_clean(caught.value)


def test_an_error_while_another_one_is_handled_does_not_remember_it(secrets: Database) -> None:
    with pytest.raises(StoreError) as caught:
        try:
            raise ValueError(CANARY)
        except ValueError:
            with scrubbed("record"), secrets.engine.begin() as connection:
                connection.execute(INSERT, {"value": CANARY})
    assert_clean(caught.value)


def test_a_refused_plain_value_stays_what_it_is_and_shows_nothing(secrets: Database) -> None:
    row = {"ref": bytes(16), "external_id": CANARY.encode(), "created": 0, "updated": 0}
    with pytest.raises(PlaintextRefusedError) as caught, secrets.writing() as connection:
        connection.execute(user.insert(), row)
    assert CANARY not in str(caught.value)


def test_other_errors_pass_untouched(secrets: Database) -> None:
    error = ValueError("mine")
    with pytest.raises(ValueError) as caught, secrets.writing():
        raise error
    assert caught.value is error


def test_a_missing_table_of_the_engine_is_told_to_be_made(database_url: str) -> None:
    with Database(database_url) as database:
        reading = database.reading()
        with pytest.raises(StoreError, match="run `tastemaker db upgrade`"), reading as connection:
            connection.execute(user.select())


def test_a_held_lock_is_named_as_the_problem(sqlite_database: Database) -> None:
    held = pytest.raises(StoreError, match="held the database for too long")
    with sqlite_database.engine.connect() as other, sqlite_database.writing():
        other.exec_driver_sql("PRAGMA busy_timeout=0")
        with held, scrubbed("record"):
            other.exec_driver_sql("UPDATE tastemaker_meta SET value = '1'")


def test_a_full_disk_is_named_as_the_problem(sqlite_database: Database) -> None:
    writing = sqlite_database.writing()
    with pytest.raises(StoreError, match="The disk is full"), writing as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=10")
        connection.execute(text("CREATE TABLE t AS SELECT zeroblob(1000000)"))


def test_a_damaged_file_is_named_as_the_problem(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    with Database(f"sqlite:///{file}") as database, database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t AS SELECT zeroblob(100000)")
    content = bytearray(file.read_bytes())
    content[200:] = b"\xff" * len(content[200:])
    file.write_bytes(content)
    with Database(f"sqlite:///{file}") as database:
        reading = database.reading()
        with pytest.raises(StoreError, match="restore a backup"), reading as connection:
            connection.exec_driver_sql("SELECT * FROM t").all()


def test_a_missing_privilege_is_named_as_the_problem(postgresql_database: Database) -> None:
    writing = postgresql_database.writing()
    with pytest.raises(StoreError, match="lacks a privilege"), writing as connection:
        connection.exec_driver_sql("CREATE ROLE nobody_at_all")
        connection.exec_driver_sql("SET LOCAL ROLE nobody_at_all")
        connection.execute(user.select())
