"""Segments of an import, kept until all of the file is checked: in memory, on disk if many."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.interactions.bulk import Segment
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS
from tastemaker.store.sql.number_table import NumberColumn

MEMORY_BYTES = 48 * 2**20
"""What is kept in memory before the disk is used; chosen, not measured. An import of a million rows
peaks at 250 MB with it (benchmarks/bulk.py)."""


class Spool(ExitStack):
    """Writes segments one after the other and gives them back in that order.

    What is written names no user: refs and sealed ids only, so the disk holds nothing in clear.

    Args:
        columns: what a segment has numbers of.
        memory: bytes kept in memory before the disk is used; `MEMORY_BYTES` where not given.
    """

    def __init__(
        self,
        columns: Sequence[NumberColumn] = INTERACTION_COLUMNS,
        *,
        memory: int | None = None,
    ) -> None:
        super().__init__()
        self._columns = columns
        most = MEMORY_BYTES if memory is None else memory
        self._file = self.enter_context(tempfile.SpooledTemporaryFile(max_size=most))  # noqa: SIM115
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, segment: Segment | None) -> int:
        """Keeps a segment, if there is one; how many rows it has."""
        if segment is None:
            return 0
        self._write_texts(segment.refs)
        self._write_texts([sealed or b"" for sealed in segment.sealed])
        self._write_texts([item_id.encode() for item_id in segment.item_ids])
        self._write_texts([kind.encode() for kind in segment.kinds])
        for column in self._columns:
            self._write(segment.columns[column.name])
        self._write(np.array([segment.index_key], dtype=np.int64))
        self._count += 1
        return len(segment)

    def segments(self) -> Iterator[Segment]:
        """All segments, the first one first."""
        self._file.seek(0)
        for _ in range(self._count):
            refs, sealed, items, kinds = (self._read_texts() for _ in range(4))
            yield Segment(
                refs,
                [SealedBytes(cell) if cell else None for cell in sealed],
                [name.decode() for name in items],
                [name.decode() for name in kinds],
                {column.name: self._read() for column in self._columns},
                int(self._read()[0]),
            )

    def _write(self, array: np.ndarray[Any, Any]) -> None:
        np.save(self._file, array, allow_pickle=False)

    def _read(self) -> Any:
        return np.load(self._file, allow_pickle=False)

    def _write_texts(self, texts: Sequence[bytes]) -> None:
        self._write(np.array([len(text) for text in texts], dtype=np.int64))
        self._write(np.frombuffer(b"".join(texts), dtype=np.uint8))

    def _read_texts(self) -> list[bytes]:
        ends = np.cumsum(self._read()).tolist()
        data = self._read().tobytes()
        return [data[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
