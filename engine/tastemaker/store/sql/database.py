"""The database: opened from a URL or lent by the application, read and written in transactions."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, Pool

from tastemaker.errors import InputError
from tastemaker.store.sql.collisions import try_again
from tastemaker.store.sql.dialect import Dialect, OpenedEngine
from tastemaker.store.sql.opening import (
    checked_engine,
    readable_url,
    refuse_asynchronous,
    refuse_django,
    shown_url,
)
from tastemaker.store.sql.scrubbing import Scrubbed, scrubbed
from tastemaker.store.sql.supported import dialect_for, dialect_of

if TYPE_CHECKING:
    # An application that has a session has imported this; nobody else should pay for it.
    from sqlalchemy.orm import Session

T = TypeVar("T")


class _Here(threading.local):
    """What each thread has of its own."""

    connection: Connection | None = None


class Database:
    """One SQL database, SQLite or PostgreSQL, with the transactions the engine needs.

    Thread-safe. May be opened before a fork: the child gets connections of its own.

    Args:
        target: a database URL, or the application's own `sqlalchemy.Engine`, which is used as it
            is: nothing is attached to it and its pool is never closed. Only in a forked child its
            pool begins empty, since what lies in it is the parent's.

    Raises:
        InputError: a URL that cannot be read or whose folder does not exist, a database system
            other than the two, or a driver that is not installed.
    """

    def __init__(self, target: str | URL | Engine) -> None:
        refuse_asynchronous(target)
        self._lent = isinstance(target, Engine)
        self._inherited: list[Pool] = []
        self._lock = threading.Lock()
        self._here = _Here()
        self._pid = os.getpid()
        if isinstance(target, Engine):
            self._dialect = checked_engine(target)
            self._engine, self._keeper = OpenedEngine(target)
            self._leave_parent_at_fork()
        else:
            url = readable_url(target)
            self._dialect = dialect_for(url.get_backend_name())
            self._engine, self._keeper = self._dialect.open_engine(url)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine; in a forked child with a pool of the child's own."""
        if self._pid != os.getpid():
            self._leave_parent()
        return self._engine

    def _leave_parent_at_fork(self) -> None:
        """Has a child leave the parent's connections before the application can take one."""
        this = weakref.ref(self)

        def leave() -> None:
            database = this()
            if database is not None:
                # A thread that the child does not have may have held the parent's.
                database._lock = threading.Lock()
                database._leave_parent()

        os.register_at_fork(after_in_child=leave)

    def _leave_parent(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            # An application's database in memory is in the very connections that it has.
            if not (self._lent and self._dialect.is_in_memory(self._engine.url)):
                # Kept, not collected: closing an inherited connection would write to the parent's
                # socket, and SQLite forbids even closing one in a child.
                self._inherited.append(self._engine.pool)
                self._engine.dispose(close=False)
            self._pid = os.getpid()

    @property
    def dialect(self) -> Dialect:
        """How the database's system does what the engine needs."""
        return self._dialect

    @property
    def name(self) -> str:
        """The URL as it may be shown: without passwords."""
        return "in-memory SQLite" if self._keeper else shown_url(self._engine.url)

    @property
    def current(self) -> Connection | None:
        """The connection of the transaction that this thread is in; None outside of one.

        What must look something up in the midst of one does it there: the pool may have no other.
        """
        return self._here.connection

    @property
    def file(self) -> Path | None:
        """The database's own file on this machine; None where it has none."""
        return self._dialect.file(self.engine)

    def reading(self, operation: str = "a read") -> AbstractContextManager[Connection]:
        """A connection in a transaction that sees one state of the database throughout.

        Whatever is written on it is rolled back.

        Args:
            operation: what the engine is doing, for the error message.

        Raises:
            StoreError: the database refused something; scrubbed.
        """
        return Scrubbed(operation, self._begun(self._dialect.reading))

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
            return Scrubbed(operation, self._begun(self._dialect.writing))
        return Scrubbed(operation, self._joining(connection))

    def write(
        self,
        work: Callable[[Connection], T],
        operation: str = "a write",
        connection: Connection | Session | None = None,
    ) -> T:
        """What some work gives, done in one transaction, committed; again if others collide.

        Args:
            work: writes; it may be called several times, each time on a transaction of its own.
            operation: what the engine is doing, for the error message.
            connection: see `writing`; where one is given, the work is done once.

        Raises:
            CollisionError: others came in between, time after time, or once where a connection is
                given.
            StoreError, InputError: see `writing`.
        """

        def once() -> T:
            with self.writing(connection, operation) as own:
                return work(own)

        return once() if connection is not None else try_again(once)

    def restructuring(self, operation: str) -> AbstractContextManager[Connection]:
        """A writing transaction in which tables may be rebuilt.

        Args:
            operation: what the engine is doing, for the error message.

        Raises:
            StoreError: the database refused something; nothing was changed. Scrubbed.
        """
        return Scrubbed(operation, self._begun(self._dialect.restructuring))

    @contextmanager
    def _begun(
        self, begin: Callable[[Engine], AbstractContextManager[Connection]]
    ) -> Iterator[Connection]:
        # Whoever forks between the call and the `with` gets a pool of its own all the same.
        with begin(self.engine) as connection, self._noted(connection):
            yield connection

    @contextmanager
    def _noted(self, connection: Connection) -> Iterator[None]:
        former, self._here.connection = self._here.connection, connection
        try:
            yield
        finally:
            self._here.connection = former

    @contextmanager
    def _joining(self, given: Connection | Session) -> Iterator[Connection]:
        connection = connection_of(given)
        dialect = dialect_of(connection)
        if dialect is not self._dialect:
            raise InputError(
                f"The connection given is to {dialect.system}, the engine's database is on "
                f"{self._dialect.system}. Give a connection to the engine's database."
            )
        dialect.join(connection)
        # A savepoint keeps what is written in the block whole, or undoes it whole.
        with connection.begin_nested(), self._noted(connection):
            yield connection

    def wipe_traces(self) -> frozenset[str]:
        """Removes what committed transactions deleted, as far as nobody waits long for it.

        Returns: where deleted bytes may still be: "log", the system's write-ahead log, and
        "pages", unused space in the files of tables. Call it again later, or `rewrite_tables`.

        Raises:
            StoreError: the database cannot be reached; scrubbed.
        """
        with scrubbed("wiping traces"):
            return self._dialect.wipe_traces(self.engine)

    def rewrite_tables(self, names: Sequence[str]) -> frozenset[str]:
        """The same, thoroughly: tables, or all of the file, are written anew.

        On SQLite others who write wait for it, on PostgreSQL those who read too.

        Args:
            names: of the tables from which something was deleted.

        Raises:
            StoreError: the database cannot be reached; scrubbed.
        """
        with scrubbed("rewriting tables"):
            return self._dialect.rewrite_tables(self.engine, names)

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
        InputError: it is neither a connection nor a session, or an asynchronous one.
    """
    if isinstance(given, Connection):
        return given
    refuse_asynchronous(given)
    refuse_django(given)
    of_session = getattr(given, "connection", None)
    connection = of_session() if callable(of_session) else None
    if isinstance(connection, Connection):
        return connection
    raise InputError(
        f"The connection given is a {type(given).__module__}.{type(given).__name__}. Give a "
        "Connection of SQLAlchemy, or a Session."
    )
