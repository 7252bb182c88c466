"""Small parts of statements that both databases understand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Table

from tastemaker.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

BATCH = 500
"""Rows or names a statement; SQLite's oldest limit is 999 parameters."""


class Written(NamedTuple):
    """How many rows were new, and how many were there already and hold the new values now."""

    new: int
    updated: int

    def plus(self, other: Written) -> Written:
        """Both together."""
        return Written(self.new + other.new, self.updated + other.updated)


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, in the words of the connection's database."""
    # Either dialect takes a while to import, and an application uses one of them.
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def batches(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The rows in lists of at most `size`."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def row_count(count: int) -> int:
    """How many rows a statement changed.

    Raises:
        StoreError: the driver did not say.
    """
    if count < 0:
        raise StoreError("counting rows", "DriverError", "Use another database driver.")
    return count


def fetch(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of a statement, as plain tuples straight from the driver: half the time.

    Args:
        connection: an open connection; the statement runs in its transaction.
        statement: SQL with `?` for each parameter.
        parameters: their values.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(in_dialect(connection, statement), parameters)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def marks(values: Sequence[Any]) -> str:
    """`(?, ?, …)`, one for each value."""
    return f"({', '.join('?' * len(values))})"


def in_dialect(connection: Connection, statement: str) -> str:
    """A statement written with `?`, with the parameter marks of the connection's driver."""
    return statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")
