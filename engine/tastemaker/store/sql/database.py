"""The database: opened from a URL or lent by the application, read and written in transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import URL, Connection, Engine, Pool

from tastemaker.errors import InputError
from tastemaker.store.sql.opening import (
    checked_engine,
    is_in_memory,
    postgresql_engine,
    readable_url,
    sqlite_engine,
)
from tastemaker.store.sql.scrubbing import Scrubbed, scrubbed

if TYPE_CHECKING:
    # An application that has a session has imported this; nobody else should pay for it.
    from sqlalchemy.orm import Session

__all__ = ["Database", "scrubbed"]


class Database:
    """One SQL database, SQLite or PostgreSQL, with the transactions the engine needs.

    Thread-safe. May be opened before a fork: the child gets connections of its own.

    Args:
        target: a database URL, or the application's own `sqlalchemy.Engine`, which is used as it
            is: nothing is attached to it and its pool is never closed.

    Raises:
        InputError: a URL that cannot be read or whose folder does not exist, a database system
            other than the two, or a driver that is not installed.
    """

    def __init__(self, target: str | URL | Engine) -> None:
        self._lent = isinstance(target, Engine)
        self._keeper: sqlite3.Connection | None = None
        self._inherited: list[Pool] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()
        if isinstance(target, Engine):
            self._engine = checked_engine(target)
        else:
            self._engine = self._open(readable_url(target))

    def _open(self, url: URL) -> Engine:
        if url.get_backend_name() == "postgresql":
            return postgresql_engine(url)
        if is_in_memory(url):
            url = url.set(
                database=f"file:/{uuid.uuid4().hex}", query={"vfs": "memdb", "uri": "true"}
            )
            # An in-memory database lives as long as one connection to it does.
            self._keeper = sqlite3.connect(f"{url.database}?vfs=memdb", uri=True)
        return sqlite_engine(url)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine; in a forked child with a pool of the child's own."""
        if self._pid != os.getpid():
            self._leave_parent()
        return self._engine

    def _leave_parent(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            if not self._lent:
                # Kept, not collected: closing an inherited connection would speak on the parent's
                # socket, and SQLite forbids even closing one in a child.
                self._inherited.append(self._engine.pool)
                self._engine.dispose(close=False)
            self._pid = os.getpid()

    @property
    def dialect_name(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def name(self) -> str:
        """The URL as it may be shown: without the password."""
        return "in-memory SQLite" if self._keeper else self._engine.url.render_as_string()

    def reading(self, operation: str = "a read") -> AbstractContextManager[Connection]:
        """A connection in a transaction that sees one state of the database throughout.

        Whatever is written on it is rolled back.

        Args:
            operation: what the engine is doing, for the error message.

        Raises:
            StoreError: the database refused something; scrubbed.
        """
        return Scrubbed(operation, self._reading())

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._connect("REPEATABLE READ") as connection, connection.begin() as transaction:
            if self.dialect_name == "sqlite" and not in_transaction(connection):
                connection.exec_driver_sql("BEGIN")
            yield connection
            transaction.rollback()

    def writing(
        self, connection: Connection | Session | None = None, operation: str = "a write"
    ) -> AbstractContextManager[Connection]:
        """A connection in a transaction that is committed at the end of the block.

        On SQLite the transaction holds the write lock from its beginning, so that what was read
        in it is still true when it writes.

        Args:
            connection: the application's own connection or session. Its transaction is joined: it
                is neither committed nor rolled back, and if the block fails, what the block wrote
                (and only that) is undone.
            operation: what the engine is doing, for the error message.

        Raises:
            StoreError: the database refused something; nothing of the block is kept. Scrubbed.
            InputError: the connection given is of another database system, or has no transaction.
        """
        if connection is None:
            return Scrubbed(operation, self._writing())
        return Scrubbed(operation, self._joining(connection))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._connect("READ COMMITTED") as connection, connection.begin():
            if self.dialect_name == "sqlite":
                prepare_sqlite(connection)
                begin_immediate(connection)
            yield connection

    def restructuring(self, operation: str) -> AbstractContextManager[Connection]:
        """A writing transaction in which tables may be rebuilt.

        SQLite changes a table by copying it and dropping the old one, which it would refuse while
        other tables' foreign keys are enforced.

        Args:
            operation: what the engine is doing, for the error message.

        Raises:
            StoreError: the database refused something; nothing was changed. Scrubbed.
        """
        return Scrubbed(operation, self._restructuring())

    @contextmanager
    def _restructuring(self) -> Iterator[Connection]:
        with self._connect("READ COMMITTED") as connection:
            if self.dialect_name == "postgresql":
                with connection.begin():
                    yield connection
                return
            with without_foreign_keys(connection), connection.begin():
                begin_immediate(connection)
                yield connection

    @contextmanager
    def _joining(self, given: Connection | Session) -> Iterator[Connection]:
        connection = connection_of(given)
        if connection.dialect.name != self.dialect_name:
            raise InputError(
                f"The connection given is to {connection.dialect.name}, the engine's database is "
                f"on {self.dialect_name}. Give a connection to the engine's database."
            )
        if self.dialect_name == "sqlite":
            join_sqlite(connection)
        else:
            refuse_autocommit(connection)
        # A savepoint keeps what is written in the block whole, or undoes it whole.
        with connection.begin_nested():
            yield connection

    def _connect(self, isolation_level: str) -> Connection:
        connection = self.engine.connect()
        if self.dialect_name == "postgresql":
            connection = connection.execution_options(isolation_level=isolation_level)
        return connection

    def dispose(self) -> None:
        """Closes the connections; the application's own engine is left alone."""
        if not self._lent:
            self.engine.dispose()
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.dispose()


def connection_of(given: object) -> Connection:
    """The connection that an application lends: itself, or that of its session.

    Raises:
        InputError: it is neither a connection nor a session.
    """
    if isinstance(given, Connection):
        return given
    of_session = getattr(given, "connection", None)
    connection = of_session() if callable(of_session) else None
    if isinstance(connection, Connection):
        return connection
    raise InputError(
        f"The connection given is a {type(given).__name__}. Give a Connection of SQLAlchemy, or a "
        "Session."
    )


def begin_immediate(connection: Connection) -> None:
    """Begins a transaction, in which nothing was done yet, anew with SQLite's write lock.

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


def prepare_sqlite(connection: Connection) -> None:
    """Sees to it that what is deleted on a connection is overwritten in the file, once for each."""
    if "tastemaker" not in connection.info:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
        connection.info["tastemaker"] = True


def join_sqlite(connection: Connection) -> None:
    """Sees to it that there is a transaction of the application's to join."""
    prepare_sqlite(connection)
    driver = connection.connection.driver_connection
    # The driver begins late, at the first write: a savepoint before that would not be part of the
    # application's transaction. (None: the application has the driver commit every statement.)
    if not in_transaction(connection) and getattr(driver, "isolation_level", None) is not None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def refuse_autocommit(connection: Connection) -> None:
    """Refuses a PostgreSQL connection that has no transaction to join.

    Raises:
        InputError: the connection is in autocommit mode.
    """
    driver = connection.connection.dbapi_connection
    if driver is not None and connection.dialect.detect_autocommit_setting(driver):
        raise InputError(
            "The connection given is in autocommit mode, so there is no transaction to join. Give "
            "one that is not, or none."
        )
