"""Tables of numbers that are written and read as NumPy columns, and the SQL that follows from them.

Whoever describes such a table once, column by column, gets its statements, its dtypes and its form
on the wire from here; each database system moves the columns in its own fastest way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from tastemaker.errors import StoreError
from tastemaker.store.sql.damage import damage_named

Arrays: TypeAlias = tuple[npt.NDArray[Any], ...]
"""An array for each column of a table, in the order of its columns, all of one length."""


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers, none of them NULL.

    Attributes:
        name: its name in the table.
        dtype: its type in memory: int64, int32 or float64.
        stored: its type in the table, likewise (bigint, integer, double precision).
        only_of: the table that its numbers are ids of, if that table often has a single row. Then
            they are all the same, and a reader need not fetch them.
    """

    name: str
    dtype: np.dtype[Any]
    stored: np.dtype[Any]
    only_of: str = ""

    @property
    def is_float(self) -> bool:
        """Whether it holds floats; otherwise whole numbers."""
        return self.dtype.kind == "f"


@dataclass(frozen=True)
class NumberTable:
    """A table all of whose columns are numbers.

    Attributes:
        name: its name in the database.
        columns: its columns, in the order in which arrays of them are given and returned.
        key: the names of its primary key, in order; the first says whose the row is.
    """

    name: str
    columns: tuple[NumberColumn, ...]
    key: tuple[str, ...]

    @property
    def owner(self) -> str:
        """The column that says whose a row is."""
        return self.key[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def select(self) -> str:
        """A SELECT of all columns, to which conditions may be added."""
        return f"SELECT {', '.join(self.names)} FROM {self.name}"

    @cached_property
    def in_key_order(self) -> str:
        """The ORDER BY of the primary key."""
        return f" ORDER BY {', '.join(self.key)}"

    @cached_property
    def from_last(self) -> str:
        """The ORDER BY of the primary key, the last row first."""
        return f" ORDER BY {', '.join(f'{name} DESC' for name in self.key)}"

    @cached_property
    def insert(self) -> str:
        """An INSERT of all columns, without the rows."""
        return f"INSERT INTO {self.name} AS t ({', '.join(self.names)}) "

    @cached_property
    def keep(self) -> str:
        """For an INSERT: leaves rows alone whose key is there already."""
        return " ON CONFLICT DO NOTHING"

    @cached_property
    def replace(self) -> str:
        """For an INSERT: gives rows whose key is there already the new values, if they differ."""
        values = [name for name in self.names if name not in self.key]
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        differ = " OR ".join(f"t.{name} <> excluded.{name}" for name in values)
        return f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changes} WHERE {differ}"

    @cached_property
    def row_dtype(self) -> np.dtype[np.void]:
        """A row of the table in memory."""
        return np.dtype([(column.name, column.dtype) for column in self.columns])

    def keys_of(self, arrays: Arrays) -> list[npt.NDArray[Any]]:
        """The arrays of the primary key, in its order."""
        return [arrays[self.names.index(name)] for name in self.key]

    def arrays_of(self, rows: npt.NDArray[np.void]) -> Arrays:
        """The arrays of a structured array with these names, in the machine's byte order."""
        return tuple(
            np.ascontiguousarray(rows[column.name], dtype=column.dtype) for column in self.columns
        )

    def joined(self, parts: Sequence[Arrays]) -> Arrays:
        """The rows of all parts, one part after the other; none where there are no parts."""
        if not parts:
            return self.arrays_of(np.empty(0, dtype=self.row_dtype))
        return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def read_rows(
    connection: Connection, table: NumberTable, statement: str, parameters: Sequence[Any] = ()
) -> Arrays:
    """The arrays of what a statement selects, row by row: the way that every driver has.

    Args:
        connection: in a transaction.
        table: what is read.
        statement: selects all columns, in the driver's own parameter marks.
        parameters: their values.

    Raises:
        StoreError: a row is damaged.
    """
    with driver_rows(connection, statement, parameters) as cursor:
        with damage_named(f"the table {table.name}"):
            rows: npt.NDArray[np.void] = np.fromiter(cursor, dtype=table.row_dtype)
        return table.arrays_of(rows)


@contextmanager
def driver_rows(
    connection: Connection, statement: str, parameters: Sequence[Any] = ()
) -> Iterator[Any]:
    """The driver's cursor over the rows of a statement, closed after the block.

    SQLAlchemy runs the statement, so that the application's tracing sees it and errors are its own;
    the rows come as the driver makes them, in half the time.

    Args:
        connection: in a transaction.
        statement: SQL in the driver's own parameter marks.
        parameters: their values.
    """
    with closing(connection.exec_driver_sql(statement, tuple(parameters))) as result:
        yield result.cursor


def changed_rows(count: int) -> int:
    """How many rows a statement changed, as its driver says.

    Raises:
        StoreError: the driver did not say.
    """
    if count < 0:
        raise StoreError("counting rows", "DriverError", "Use another database driver.")
    return count
