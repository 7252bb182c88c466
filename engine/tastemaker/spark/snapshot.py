"""Interactions as Spark reads them: numbers for people and items, in files that anybody may read.

A person is a place in the order of the training data, and so is an item. What these places stand
for never leaves the process that has the key.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tastemaker.data import TrainingData

SNAPSHOT_ROWS = 1_000_000
"""Rows of a row group, which one task reads at a time. Chosen, not measured."""


def write_snapshot(folder: Path, data: TrainingData) -> None:
    """Writes all interactions into a folder, as Parquet.

    The columns: `person` and `item` int32 indexes; `place` int32, how many of the same person's
    interactions came before; `kind` int16; `weight` float32, that of the kind; `value` float32;
    `time` float64, seconds since 1970 UTC, null where not known.

    Args:
        folder: a new folder.
        data: what to write; ids, texts, attributes and features stay here.
    """
    import pyarrow
    from pyarrow import parquet

    folder.mkdir()
    people = data.people
    histories = people.histories
    starts, lengths = histories.indptr, histories.lengths
    writer = None
    for first, last in _ranges(len(people), histories.indptr):
        part = slice(int(starts[first]), int(starts[last]))
        rows = np.repeat(np.arange(first, last, dtype=np.int32), lengths[first:last])
        places = np.arange(part.start, part.stop) - starts[rows]
        table = pyarrow.table(
            {
                "person": rows,
                "item": histories.items[part],
                "place": places.astype(np.int32),
                "kind": people.kinds[part],
                "weight": people.weights[part],
                "value": histories.values[part],
                "time": pyarrow.array(people.times[part], from_pandas=True),  # NaN becomes null
            }
        )
        if writer is None:
            writer = parquet.ParquetWriter(folder / "interactions.parquet", table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _ranges(
    n_people: int, indptr: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> list[tuple[int, int]]:
    """First person and the one after the last, of parts of about `SNAPSHOT_ROWS` interactions."""
    ranges, first = [], 0
    while first < n_people:
        end = indptr[first] + SNAPSHOT_ROWS
        last = int(np.searchsorted(indptr, end, side="right")) - 1
        last = min(max(last, first + 1), n_people)
        ranges.append((first, last))
        first = last
    return ranges
