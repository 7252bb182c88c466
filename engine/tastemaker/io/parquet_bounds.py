"""What a Parquet file may hold: a small one can unfold to any size, as its values repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tastemaker.errors import InputError
from tastemaker.io.csv_reader import BLOCK_ROWS
from tastemaker.io.parquet_footer import RowGroup
from tastemaker.io.source import LINE_BYTES

# Limits; chosen, not measured: far above what files of rows are like.
GROUP_BYTES = 2 * 2**30
"""A row group, unpacked."""

PACKED_TIMES, PACKED_BYTES = 1000, 64 * 2**20
"""A column of a row group may unfold to so many times its size, and to so many bytes anyhow."""

VALUES_A_ROW = 1000
"""Values of a list, on average over a row group."""

BATCH_BYTES = 256 * 2**20
"""The texts of `BLOCK_ROWS` rows together."""


def check_groups(groups: Sequence[RowGroup]) -> None:
    """Looks at what the file says of its row groups, before anything is unpacked.

    Raises:
        InputError: one is too large, or unfolds out of proportion.
    """
    for place, group in enumerate(groups):
        unpacked = sum(chunk.unpacked for chunk in group.columns)
        if unpacked > GROUP_BYTES:
            raise InputError(
                f"row group {place + 1} takes {unpacked:,} bytes unpacked, more than "
                f"{GROUP_BYTES:,}; write smaller row groups"
            )
        for chunk in group.columns:
            if chunk.unpacked > max(PACKED_BYTES, PACKED_TIMES * chunk.packed):
                raise InputError(f"a column unfolds to more than {PACKED_TIMES} times its size")
            if chunk.values > VALUES_A_ROW * max(group.rows, BLOCK_ROWS):
                raise InputError(f"lists hold more than {VALUES_A_ROW} values a row on average")


def rows_at_once(arrow: Any, schema: Any, groups: Sequence[RowGroup]) -> int:
    """How many rows are read at a time: fewer where values may be long that nothing else bounds.

    Texts are read as references to what differs. Those within lists cannot be, and each may be as
    long as its whole column.

    Args:
        arrow: the module.
        schema: the file's columns.
        groups: what the file says of its row groups, which is within the bounds.
    """
    if not any(arrow.types.is_nested(field.type) for field in schema):
        return BLOCK_ROWS
    sizes = [sum(chunk.unpacked for chunk in group.columns) for group in groups]
    largest = max(sizes, default=0)
    return max(1, min(BLOCK_ROWS, BATCH_BYTES // max(largest, 1)))


def texts_of(arrow: Any, schema: Any) -> list[str]:
    """The columns of text or bytes."""
    kinds = (
        arrow.types.is_string,
        arrow.types.is_large_string,
        arrow.types.is_binary,
        arrow.types.is_large_binary,
    )
    return [field.name for field in schema if any(kind(field.type) for kind in kinds)]


def repeated_texts(column: Any) -> list[Any]:
    """A column of references to texts as Python values: each different one is there once.

    Raises:
        InputError: one is too long, or all together are.
    """
    from pyarrow import array, compute

    # of the texts of a whole row group only those that these rows refer to are looked at
    places = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    wanted, own, counts = np.unique(places, return_inverse=True, return_counts=True)
    known = wanted >= 0
    offsets = array(wanted[known])
    lengths = compute.binary_length(column.dictionary).take(offsets).to_numpy(zero_copy_only=False)
    if lengths.max(initial=0) > LINE_BYTES:
        raise InputError(f"a value is longer than {LINE_BYTES} bytes")
    if int(lengths.astype(np.int64) @ counts[known]) > BATCH_BYTES:
        raise InputError(f"{len(column)} rows hold more than {BATCH_BYTES:,} bytes in one column")
    texts = [None] * (len(wanted) - len(offsets)) + column.dictionary.take(offsets).to_pylist()
    return list(map(texts.__getitem__, own.tolist()))
