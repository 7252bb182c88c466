"""Rows of bytes, kept until all of them are checked: in memory, on disk if they are many."""

from __future__ import annotations

import struct
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

from tastemaker.io.spool import MEMORY_BYTES

CELL_LENGTH = struct.Struct("<I")


class CellSpool(ExitStack):
    """Keeps rows of a number of cells, and gives them back in their order.

    Args:
        width: how many cells a row has.
        memory: bytes kept in memory before the disk is used.
    """

    def __init__(self, width: int, memory: int = MEMORY_BYTES) -> None:
        self._width = width
        super().__init__()
        self._file = self.enter_context(tempfile.SpooledTemporaryFile(max_size=memory))  # noqa: SIM115
        self._starts = array("Q")

    def __len__(self) -> int:
        return len(self._starts)

    def append(self, *cells: bytes) -> None:
        """Keeps a row."""
        self._starts.append(self._file.tell())
        for cell in cells:
            self._file.write(CELL_LENGTH.pack(len(cell)))
            self._file.write(cell)

    def rows(self, order: Iterable[int] | None = None) -> Iterator[tuple[bytes, ...]]:
        """All rows, the first one first, or by their numbers in another order."""
        for number in range(len(self)) if order is None else order:
            self._file.seek(self._starts[number])
            yield tuple(self._cell() for _ in range(self._width))

    def _cell(self) -> bytes:
        (length,) = CELL_LENGTH.unpack(self._file.read(CELL_LENGTH.size))
        return self._file.read(length)
