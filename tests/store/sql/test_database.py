from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tastemaker.store.sql.database import Database

COUNT = text("SELECT count(*) FROM number")
INSERT = text("INSERT INTO number VALUES (:value)")


@pytest.fixture
def numbers(database_url: str) -> Iterator[Database]:
    """A database with one table of unique numbers, which holds 1."""
    with Database(database_url) as database:
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE number (value INTEGER PRIMARY KEY)"))
            connection.execute(INSERT, {"value": 1})
        yield database


def count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.scalar(COUNT) or 0)


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_a_reader_sees_one_state_throughout(numbers: Database) -> None:
    with numbers.reading() as reader:
        assert reader.scalar(COUNT) == 1
        with numbers.writing() as writer:
            writer.execute(INSERT, {"value": 2})
        assert reader.scalar(COUNT) == 1
    assert count(numbers) == 2


def test_what_a_reader_writes_is_not_kept(numbers: Database) -> None:
    with numbers.reading() as connection:
        connection.execute(INSERT, {"value": 2})
    assert count(numbers) == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_write_leaves_nothing(numbers: Database, error: type[BaseException]) -> None:
    with pytest.raises(error), numbers.writing() as connection:
        connection.execute(INSERT, {"value": 2})
        raise error
    assert count(numbers) == 1


def test_our_own_sqlite_connections_are_durable_and_forget_what_is_deleted(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path}/test.db") as database, database.reading() as connection:
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "synchronous") == 2  # FULL
        assert pragma(connection, "foreign_keys") == 1
        assert pragma(connection, "secure_delete") == 1
        assert pragma(connection, "busy_timeout") == 30_000
        assert database.engine.hide_parameters


def test_an_sqlite_writer_holds_the_lock_from_the_beginning(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "test.db", timeout=0, isolation_level=None)
    with Database(f"sqlite:///{tmp_path}/test.db") as database:
        with database.reading():
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        with database.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_eight_processes_that_read_and_then_write_lose_nothing(
    tmp_path: Path, at_once: Callable[[int, Callable[[int], None]], list[int]]
) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    with Database(url) as database, database.writing() as connection:
        connection.execute(text("CREATE TABLE number (value INTEGER)"))
        connection.execute(INSERT, {"value": 0})

    def add_fifty(_: int) -> None:
        with Database(url) as database:
            for _ in range(50):
                with database.writing() as connection:
                    value = connection.scalar(text("SELECT value FROM number"))
                    connection.execute(text("UPDATE number SET value = :v"), {"v": value + 1})

    assert at_once(8, add_fifty) == [0] * 8
    with Database(url) as database, database.reading() as connection:
        assert connection.scalar(text("SELECT value FROM number")) == 8 * 50


def test_sixteen_processes_open_a_new_sqlite_file_at_once(
    tmp_path: Path, at_once: Callable[[int, Callable[[int], None]], list[int]]
) -> None:
    def open_it(_: int) -> None:
        with Database(f"sqlite:///{tmp_path}/test.db") as database, database.reading():
            pass

    assert at_once(16, open_it) == [0] * 16


def test_a_forked_child_leaves_the_parents_connections_alone(
    numbers: Database, fork: Callable[[Callable[[], None]], int]
) -> None:
    pool = numbers.engine.pool
    with numbers.reading() as held:
        held.scalar(COUNT)

        def work() -> None:
            with numbers.writing() as connection:
                connection.execute(INSERT, {"value": 2})
            assert numbers.engine.pool is not pool

        status = os.waitpid(fork(work), 0)[1]
        assert os.waitstatus_to_exitcode(status) == 0
        assert held.scalar(COUNT) == 1
    assert count(numbers) == 2
    assert numbers.engine.pool is pool


def test_an_in_memory_database_is_shared_by_threads_and_by_nobody_else() -> None:
    with Database("sqlite://") as database, Database("sqlite:///:memory:") as other:
        for one in (database, other):
            with one.writing() as connection:
                connection.execute(text("CREATE TABLE number (value INTEGER PRIMARY KEY)"))

        def write(value: int) -> None:
            with database.writing() as connection:
                connection.execute(INSERT, {"value": value})

        threads = [threading.Thread(target=write, args=[value]) for value in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert count(database) == 8
        assert count(other) == 0
        assert database.name == "in-memory SQLite"


def test_the_name_of_a_database_hides_the_password() -> None:
    assert (
        Database("postgresql://me:secret@host/shop").name == "postgresql+psycopg://me:***@host/shop"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://host/shop?user=me&password=canary", "password=***"),
        ("postgresql://host/shop?sslpassword=canary&user=me", "sslpassword=***"),
        ("postgresql://me:canary@host/shop?passfile=/canary", "passfile=***"),
        ("postgresql://host/shop?sslmode=require", "sslmode=require"),
    ],
)
def test_no_password_is_in_a_name(url: str, shown: str) -> None:
    with Database(url) as database:
        assert shown in database.name
        assert "canary" not in database.name
