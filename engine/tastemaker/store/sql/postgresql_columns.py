"""NumPy columns in and out of PostgreSQL, in its binary form without text in between.

Measured on a million interactions when the store was designed: `unnest` of arrays 0.28 million
rows/s, one row a statement 0.03; reading by COPY in binary more than 1.9, as rows 0.5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from tastemaker.store.sql.number_table import Arrays, NumberTable, changed_rows, read_rows
from tastemaker.store.sql.parameter_marks import marked

ARRAY_ROWS = 10_000
"""Chosen, not measured: less than a megabyte a statement."""

PIECE_BYTES = 2**20
"""What is parsed at a time of a COPY; chosen, not measured."""

COPY_HEADER_BYTES = 19
"""What a COPY begins with: its signature, flags, and the length of nothing."""


@dataclass(frozen=True)
class ElementType:
    """A type of number on the server.

    Attributes:
        name: its name in SQL.
        number: its number in PostgreSQL's catalogue.
    """

    name: str
    number: int


ELEMENT_TYPES = {
    "int64": ElementType("bigint", 20),
    "int32": ElementType("integer", 23),
    "float64": ElementType("double precision", 701),
}


def write_arrays(connection: Connection, table: NumberTable, arrays: Arrays) -> int:
    """Writes rows; one whose key is there already gets the new values. How many were new.

    Raises:
        StoreError: the driver does not say how many rows it wrote.
    """
    statement = marked(connection, table.insert + unnest_sql(table))
    new = 0
    for start in range(0, len(arrays[0]), ARRAY_ROWS):
        part = [
            array[start : start + ARRAY_ROWS].astype(column.stored, copy=False)
            for column, array in zip(table.columns, arrays, strict=True)
        ]
        parameters = array_parameters(connection, part)
        done = connection.exec_driver_sql(statement + table.keep, parameters)
        inserted = changed_rows(done.rowcount)
        if inserted < len(part[0]):
            connection.exec_driver_sql(statement + table.replace, parameters)
        new += inserted
    return new


def unnest_sql(table: NumberTable) -> str:
    """A SELECT of the rows whose columns are given as arrays."""
    names = (ELEMENT_TYPES[column.stored.name].name for column in table.columns)
    return f"SELECT * FROM unnest({', '.join(f'?::{name}[]' for name in names)})"


@dataclass(frozen=True)
class BinaryArray:
    """A column as the server's own array.

    Attributes:
        column: (n,) int64, int32 or float64.
    """

    column: npt.NDArray[Any]

    def encoded(self) -> bytes:
        """A dimension, no NULLs, counted from 1; then each number: its length, its bytes."""
        dtype = self.column.dtype
        number = ELEMENT_TYPES[dtype.name].number
        header = struct.pack(">iiIii", 1, 0, number, len(self.column), 1)
        cells = np.empty(len(self.column), [("length", ">i4"), ("value", dtype.newbyteorder(">"))])
        cells["length"] = dtype.itemsize
        cells["value"] = self.column
        return header + cells.tobytes()


def array_parameters(
    connection: Connection, columns: Sequence[npt.NDArray[Any]]
) -> tuple[Any, ...]:
    """Columns as parameters of a statement that says `?::bigint[]` and the like.

    psycopg takes them in binary, which halves its share of a bulk import; another driver that
    an application may bring, or one set up otherwise, gets lists.
    """
    driver: Any = connection.connection.driver_connection
    if not has_binary_form(connection) or writes_into_statement(driver):
        return tuple(column.tolist() for column in columns)
    driver.adapters.register_dumper(BinaryArray, _dumper())
    return tuple(map(BinaryArray, columns))


def has_binary_form(connection: Connection) -> bool:
    """Whether the driver is psycopg, which can be given the server's own form."""
    return connection.dialect.driver == "psycopg"


def writes_into_statement(driver: Any) -> bool:
    """Whether a connection of psycopg puts parameters into the statement's text, as Django's do."""
    from psycopg import ClientCursor

    return issubclass(driver.cursor_factory, ClientCursor)


@cache
def _dumper() -> type:
    # Known only where psycopg is installed.
    from psycopg.adapt import Dumper
    from psycopg.pq import Format

    class BinaryArrayDumper(Dumper):
        format = Format.BINARY

        def dump(self, obj: BinaryArray) -> bytes:
            return obj.encoded()

    return BinaryArrayDumper


def read_binary(connection: Connection, table: NumberTable, owners: Sequence[int] | None) -> Arrays:
    """The columns of the owners' rows (of all, where None), in the order of the table's key."""
    where = "" if owners is None else f" WHERE {table.owner} = ANY(?)"
    parameters = () if owners is None else (list(owners),)
    statement = marked(connection, table.select + where + table.in_key_order)
    if has_binary_form(connection):
        return read_copy(connection, table, statement, parameters)
    return read_rows(connection, table, statement, parameters)


def read_copy(
    connection: Connection, table: NumberTable, statement: str, parameters: Sequence[Any]
) -> Arrays:
    """The columns of what a statement selects, by COPY in binary form."""
    row = copied_row(table)
    cursor: Any = connection.connection.cursor()
    parts, rest = [], b""
    skip = COPY_HEADER_BYTES
    with cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", parameters) as copy:
        for piece in pieces(copy):
            rest += piece
            whole = (len(rest) - skip) // row.itemsize
            if whole > 0:
                end = skip + whole * row.itemsize
                parts.append(table.arrays_of(np.frombuffer(rest[skip:end], dtype=row)))
                rest, skip = rest[end:], 0
    return table.joined(parts)


def copied_row(table: NumberTable) -> np.dtype[np.void]:
    """A row of a binary COPY: how many fields, then for each its length and its bytes."""
    fields: list[tuple[str, Any]] = [("fields", ">i2")]
    for column in table.columns:
        fields.append((f"length of {column.name}", ">i4"))
        fields.append((column.name, column.stored.newbyteorder(">")))
    return np.dtype(fields)


def pieces(copy: Any) -> Iterator[bytes]:
    """What a COPY sends, about a mebibyte at a time."""
    collected: list[bytes] = []
    size = 0
    for data in copy:
        collected.append(bytes(data))
        size += len(data)
        if size >= PIECE_BYTES:
            yield b"".join(collected)
            collected, size = [], 0
    yield b"".join(collected)
