"""SQLite: one writer at a time, and readers that wait for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, Table, text

from tastemaker.store.sql.dialect import OpenedEngine
from tastemaker.store.sql.sqlite_engine import names_no_file, open_sqlite
from tastemaker.store.sql.sqlite_wiping import FILE_SIZE, rewrite, wipe

if TYPE_CHECKING:
    from sqlalchemy.dialects import sqlite

    from tastemaker.store.sql.number_table import Arrays, NumberTable


class SQLite:
    """What the engine needs, on SQLite; see `Dialect`."""

    system = "sqlite"
    drivers: tuple[str, ...] = ("pysqlite",)
    beyond = ""

    def open_engine(self, url: URL) -> OpenedEngine:
        """An engine on a file, or on a database in memory that all its connections share."""
        return open_sqlite(url)

    def is_in_memory(self, url: URL) -> bool:
        """Whether it names no file."""
        return names_no_file(url)

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[Connection]:
        """A connection that sees one state; an application's engine may not have begun one."""
        with engine.connect() as connection, connection.begin() as transaction:
            if not in_transaction(connection):
                connection.exec_driver_sql("BEGIN")
            yield connection
            transaction.rollback()

    @contextmanager
    def writing(self, engine: Engine) -> Iterator[Connection]:
        """A connection that holds the write lock from the beginning of its transaction.

        Transactions that read first and then write failed in 54 to 88 of 100 cases beside 2 to 16
        other writers; those that begin with the lock in none of 13,000. (Measured when the store
        was designed; tests/store/sql/test_database.py repeats it with eight processes.)
        """
        with engine.connect() as connection, connection.begin():
            prepare(connection)
            begin_immediate(connection)
            yield connection

    @contextmanager
    def restructuring(self, engine: Engine) -> Iterator[Connection]:
        """As `writing`, without foreign keys.

        SQLite changes a table by copying it and dropping the old one, which it would refuse while
        other tables' foreign keys are enforced.
        """
        with (
            engine.connect() as connection,
            without_foreign_keys(connection),
            connection.begin(),
        ):
            begin_immediate(connection)
            yield connection

    def lock_schema(self, connection: Connection) -> None:
        """Nothing: the transaction holds the write lock from its beginning, which is enough."""

    def join(self, connection: Connection) -> None:
        """Sees to it that there is a transaction of the application's to join."""
        prepare(connection)
        driver = connection.connection.driver_connection
        # The driver begins late, at the first write: a savepoint before that would not be part of
        # the application's transaction. (None: it has the driver commit every statement.)
        if not in_transaction(connection) and getattr(driver, "isolation_level", None) is not None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def insert(self, table: Table) -> sqlite.Insert:
        """SQLite's INSERT."""
        # Either dialect takes a while to import, and an application uses one of them.
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)

    def upsert_columns(self, connection: Connection, table: NumberTable, arrays: Arrays) -> int:
        """Writes by statements of many rows."""
        # Here, so that whoever moves no columns does not load NumPy.
        from tastemaker.store.sql.sqlite_columns import write_values

        return write_values(connection, table, arrays)

    def read_columns(
        self, connection: Connection, table: NumberTable, owners: Sequence[int] | None
    ) -> Arrays:
        """Reads a text of numbers for each owner where that is exact, else row by row."""
        from tastemaker.store.sql.sqlite_columns import read_texts

        return read_texts(connection, table, owners)

    def file(self, engine: Engine) -> Path | None:
        """The file that the URL names."""
        name = engine.url.database or ""
        in_memory = names_no_file(engine.url) or name.startswith("file:")
        return None if in_memory else Path(name).absolute()

    def continue_ids(self, connection: Connection, table: Table) -> None:
        """Nothing: SQLite counts on from the highest id by itself."""

    def table_bytes(self, connection: Connection, name: str) -> int | None:
        """None: SQLite counts for the whole file."""
        return None

    def database_bytes(self, connection: Connection, names: Sequence[str]) -> int:
        """The bytes of the whole file."""
        return connection.scalar(text(FILE_SIZE)) or 0

    def wipe_traces(self, engine: Engine) -> frozenset[str]:
        """Empties the log, and writes the file anew where that is quick."""
        # Past SQLAlchemy, which would begin a transaction, in which none of it can run.
        with engine.connect() as connection:
            return wipe(connection.connection.driver_connection)

    def rewrite_tables(self, engine: Engine, names: Sequence[str]) -> frozenset[str]:
        """Empties the log, and writes the whole file anew."""
        with engine.connect() as connection:
            return rewrite(connection.connection.driver_connection)


SQLITE = SQLite()


def begin_immediate(connection: Connection) -> None:
    """Begins a transaction, in which nothing was done yet, anew with the write lock.

    Works on every way an application may have set up the driver: where a transaction was already
    begun (by an event, or by the driver itself), it is empty and given up.
    """
    if in_transaction(connection):
        connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def in_transaction(connection: Connection) -> bool:
    """Whether SQLite itself is in a transaction, whatever SQLAlchemy believes."""
    return bool(getattr(connection.connection.driver_connection, "in_transaction", False))


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Does not enforce foreign keys in the transaction that begins and ends in the block."""
    # Straight to the driver: SQLAlchemy would begin a transaction, and in one this has no effect.
    driver: Any = connection.connection.driver_connection
    (enforced,) = driver.execute("PRAGMA foreign_keys").fetchone()
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA foreign_keys={enforced}")


def prepare(connection: Connection) -> None:
    """Sees to it that what is deleted on a connection is overwritten in the file, once for each."""
    if "tastemaker" not in connection.info:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
        connection.info["tastemaker"] = True
