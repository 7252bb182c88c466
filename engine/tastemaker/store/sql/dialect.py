"""What the engine needs of a database system, and each of the two does in its own way.

Everything else uses a `Dialect` and never looks at which system it is; only `supported` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import URL, Connection, Engine, Table

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy.dialects import postgresql, sqlite

    from tastemaker.store.sql.number_table import Arrays, NumberTable


LOG = "log"
"""The system's write-ahead log, as a place where deleted bytes may be."""

PAGES = "pages"
"""Unused space in the files of tables, likewise."""


class OpenedEngine(NamedTuple):
    """An SQLAlchemy engine of our own.

    Attributes:
        engine: the engine.
        keeper: a connection that must stay open as long as the database is used; it keeps a
            database in memory alive.
    """

    engine: Engine
    keeper: sqlite3.Connection | None = None


class Dialect(Protocol):
    """One database system. It holds no state; threads share it.

    Attributes:
        system: what SQLAlchemy calls the system, and what URLs begin with.
        drivers: the drivers that the engine works with, as SQLAlchemy calls them.
        beyond: in words, which files of the system hold deleted bytes out of the engine's reach;
            "" where none does.
    """

    system: str
    drivers: tuple[str, ...]
    beyond: str

    # Transactions

    def open_engine(self, url: URL) -> OpenedEngine:
        """An engine of our own: durable commits, real transactions.

        Raises:
            InputError: the driver is not installed, or the place is not one for a database.
        """

    def is_in_memory(self, url: URL) -> bool:
        """Whether a URL names a database that its own connections alone can see."""

    def reading(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A connection in a transaction that sees one state of the database, and is rolled back."""

    def writing(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A connection in a transaction that is committed at the end.

        What was read in it is still true when it writes, or the write waits or fails.
        """

    def restructuring(self, engine: Engine) -> AbstractContextManager[Connection]:
        """As `writing`, and tables that others refer to may be dropped and made anew."""

    def lock_schema(self, connection: Connection) -> None:
        """Waits until no other process migrates, and keeps others waiting to the end."""

    def join(self, connection: Connection) -> None:
        """Prepares an application's connection for a savepoint inside its transaction.

        Raises:
            InputError: there is no transaction to join.
        """

    # Statements

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that can say ON CONFLICT."""

    # Tables of numbers

    def upsert_columns(self, connection: Connection, table: NumberTable, arrays: Arrays) -> int:
        """Writes rows; one whose key is there already gets the new values. How many were new.

        Args:
            connection: in a writing transaction.
            table: where to.
            arrays: its columns: sorted by its key, no key twice.

        Raises:
            StoreError: the driver does not say how many rows it wrote.
        """

    def read_columns(
        self, connection: Connection, table: NumberTable, owners: Sequence[int] | None
    ) -> Arrays:
        """The columns of rows, in the order of the table's key.

        Args:
            connection: in a transaction.
            table: where from.
            owners: whose rows; everybody's where None.
        """

    # Upkeep

    def file(self, engine: Engine) -> Path | None:
        """The database's own file on this machine; None where it has none."""

    def continue_ids(self, connection: Connection, table: Table) -> None:
        """Sees to it that the next id of a table is above those that were written into it."""

    def table_bytes(self, connection: Connection, name: str) -> int | None:
        """The bytes of a table with its indexes; None where the system counts for the whole."""

    def database_bytes(self, connection: Connection, names: Sequence[str]) -> int:
        """The bytes of the tables together; those of the whole database where only it counts."""

    def wipe_traces(self, engine: Engine) -> frozenset[str]:
        """Removes what committed transactions deleted, as far as nobody waits long for it.

        Returns: where deleted bytes may still be, of `LOG` and `PAGES`; nothing where nowhere.
        """

    def rewrite_tables(self, engine: Engine, names: Sequence[str]) -> frozenset[str]:
        """The same for these tables, however long it takes and whoever waits for it."""
