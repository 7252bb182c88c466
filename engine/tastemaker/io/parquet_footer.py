"""What a Parquet file says of its row groups, read without pyarrow.

`pyarrow.parquet.FileMetaData` ends the whole process where some numbers of a damaged file do not
fit together, which nothing can catch. Of the footer only sizes and counts are needed here.

Apache Parquet: parquet.thrift, `FileMetaData`. Apache Thrift: the compact protocol.
"""

from __future__ import annotations

import os
import struct
from typing import Any, NamedTuple

from tastemaker.errors import InputError

MARK = b"PAR1"
FOOTER_BYTES = 16 * 2**20
"""A footer, of which every byte takes a moment to read; chosen, not measured."""

MOST_NESTED = 32
"""Structs and lists within each other; those of Parquet are seven deep."""

DAMAGED = "the file is damaged: its footer cannot be read"

_STOP, _TRUE, _FALSE, _BYTE, _SHORT, _INT, _LONG, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = (
    range(13)
)


class ColumnChunk(NamedTuple):
    """What is said of one column of a row group: how many values, and bytes packed or not."""

    values: int
    unpacked: int
    packed: int


class RowGroup(NamedTuple):
    """What is said of one row group."""

    rows: int
    columns: tuple[ColumnChunk, ...]


def read_row_groups(stream: Any) -> list[RowGroup]:
    """The row groups of a Parquet file, by its footer.

    Args:
        stream: the file, in which one can go back and forth; it is left at its beginning.

    Raises:
        InputError: it is no Parquet file, or damaged.
    """
    try:
        described = _Compact(_footer(stream)).struct()
        return [
            RowGroup(group[3], tuple(map(_chunk_of, group[1]))) for group in described.get(4, ())
        ]
    except (KeyError, IndexError, TypeError, ValueError, struct.error):
        raise InputError(DAMAGED) from None


def _chunk_of(column: dict[int, Any]) -> ColumnChunk:
    described = column[3]
    values, unpacked, packed = (described[place] for place in (5, 6, 7))
    return ColumnChunk(values, max(unpacked, 0), max(packed, 0))


def _footer(stream: Any) -> bytes:
    """The bytes before the length of the footer and the mark, with which a file ends."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(end - 8, 0))
    tail = stream.read(8)
    size = int.from_bytes(tail[:4], "little")
    if tail[4:] != MARK or not 0 < size <= min(end - 8, FOOTER_BYTES):
        raise InputError(DAMAGED)
    stream.seek(end - 8 - size)
    footer: bytes = stream.read(size)
    stream.seek(0)
    return footer


class _Compact:
    """Reads values of Thrift's compact protocol one after the other; a struct by field numbers.

    Raises:
        IndexError, ValueError, struct.error: the bytes are none, or end too early.
    """

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """The values of a struct, by the number of their field."""
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != _STOP:
            number = number + (head >> 4) if head >> 4 else self._number()
            kind = head & 15
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > MOST_NESTED:
            raise ValueError("too deep")
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind in (_SHORT, _INT, _LONG):
            return self._number()
        if kind == _DOUBLE:
            return struct.unpack("<d", self._bytes(8))[0]
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _MAP:
            return self._map(depth)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise ValueError("no such type")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size, kind = head >> 4, head & 15
        size = self._unsigned() if size == 15 else size
        return [self._value(kind, depth + 1) for _ in range(self._possible(size))]

    def _map(self, depth: int) -> list[tuple[Any, Any]]:
        size = self._possible(self._unsigned())
        kinds = self._byte() if size else 0
        key, value = kinds >> 4, kinds & 15
        return [(self._value(key, depth + 1), self._value(value, depth + 1)) for _ in range(size)]

    def _possible(self, size: int) -> int:
        """A number of elements, each of which takes a byte at least."""
        if size > len(self._data) - self._place:
            raise ValueError("more elements than bytes")
        return size

    def _byte(self) -> int:
        self._place += 1
        return self._data[self._place - 1]

    def _bytes(self, size: int) -> bytes:
        start = self._place
        self._place += self._possible(size)
        return self._data[start : self._place]

    def _unsigned(self) -> int:
        """A number in groups of seven bits, the lowest first."""
        number = 0
        for shift in range(0, 70, 7):
            group = self._byte()
            number |= (group & 127) << shift
            if group < 128:
                return number
        raise ValueError("a number is too long")

    def _number(self) -> int:
        """A signed number: the lowest bit is its sign."""
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)
