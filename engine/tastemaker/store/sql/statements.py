"""Small parts of statements that both databases understand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Table

from tastemaker.store.sql.parameter_marks import marked
from tastemaker.store.sql.supported import dialect_of

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

BATCH_ROWS = 500
"""Rows or names a statement; chosen, not measured. SQLite's limit was 999 for long."""


class Written(NamedTuple):
    """How many rows were new, and how many were there already and hold the new values now."""

    new: int
    updated: int

    def plus(self, other: Written) -> Written:
        """Both together."""
        return Written(self.new + other.new, self.updated + other.updated)


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, in the words of the connection's database."""
    return dialect_of(connection).insert(table)


def batches(rows: Iterable[T], size: int = BATCH_ROWS) -> Iterator[list[T]]:
    """The rows in lists of at most `size`."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def fetch(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of a statement, as plain tuples straight from the driver: half the time.

    By way of SQLAlchemy where somebody watches statements, or an asynchronous driver has errors
    that SQLAlchemy alone can tell.

    Args:
        connection: an open connection; the statement runs in its transaction.
        statement: SQL with `?` for each parameter.
        parameters: their values.
    """
    if connection.dialect.is_async or is_watched(connection):
        done = connection.exec_driver_sql(marked(connection, statement), tuple(parameters))
        return list(map(tuple, done))
    cursor = connection.connection.cursor()
    try:
        cursor.execute(marked(connection, statement), parameters)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def is_watched(connection: Connection) -> bool:
    """Whether the application listens to the statements of its engine, as tracing does."""
    dispatch = connection.engine.dispatch
    return bool(dispatch.before_cursor_execute or dispatch.after_cursor_execute)


def marks(values: Sequence[Any]) -> str:
    """`(?, ?, …)`, one for each value."""
    return f"({', '.join('?' * len(values))})"
