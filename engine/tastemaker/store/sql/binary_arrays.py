"""Columns of numbers on their way to PostgreSQL in its binary form, without text in between."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

# Of each type of element its number in PostgreSQL's catalogue.
ELEMENTS = {"int64": 20, "int32": 23, "float64": 701}


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
        header = struct.pack(">iiIii", 1, 0, ELEMENTS[dtype.name], len(self.column), 1)
        cells = np.empty(len(self.column), [("length", ">i4"), ("value", dtype.newbyteorder(">"))])
        cells["length"] = dtype.itemsize
        cells["value"] = self.column
        return header + cells.tobytes()


def array_parameters(
    connection: Connection, columns: Sequence[npt.NDArray[Any]]
) -> tuple[Any, ...]:
    """Columns as parameters of a statement that says `%s::bigint[]` and the like.

    psycopg takes them in binary, which halves its share of a bulk import; an older driver that an
    application may bring gets lists.
    """
    if connection.dialect.driver != "psycopg":
        return tuple(column.tolist() for column in columns)
    driver: Any = connection.connection.driver_connection
    driver.adapters.register_dumper(BinaryArray, _dumper())
    return tuple(map(BinaryArray, columns))


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
