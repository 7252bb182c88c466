"""A large import by people: segments put in another order, so that each holds some people's rows.

A file is mostly in the order of time, and the table in that of people. Written as they come, each
segment would touch every page of the table: at 20 million rows the database writes more and more
for each row. So where there are several segments, all that the file has of one person is brought
into one, and each page is written about once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np
import numpy.typing as npt

from tastemaker.data import Int64Array
from tastemaker.io import spool as spools
from tastemaker.io.spool import Spool
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.interactions.bulk import Segment

PLACE_BYTES = 4
"""Of a ref, which is as good as random, so many bytes say where a person belongs."""


def by_people(spool: Spool) -> Iterator[Segment]:
    """As many segments as there are, each with all rows of some people, in the file's order.

    A single one is given as it is.
    """
    parts = len(spool)
    if parts < 2:
        yield from spool.segments()
        return
    with ExitStack() as stack:
        memory = spools.MEMORY_BYTES // parts
        buckets = [stack.enter_context(Spool(memory=memory)) for _ in range(parts)]
        for segment in spool.segments():
            for bucket, part in zip(buckets, split(segment, parts), strict=True):
                bucket.append(part)
        for bucket in buckets:
            yield from joined(list(bucket.segments()))


def split(segment: Segment, parts: int) -> list[Segment | None]:
    """The rows of a segment by the part that their person belongs to; None where there are none."""
    order, ends = _by_part(segment, parts)
    return [
        _chosen(segment, order[first:last]) if last > first else None
        for first, last in zip([0, *ends[:-1]], ends, strict=True)
    ]


def _by_part(segment: Segment, parts: int) -> tuple[Int64Array, list[int]]:
    """(n_rows,) the rows part by part, each in the given order; and where each part ends."""
    heads = b"".join(ref[:PLACE_BYTES] for ref in segment.refs)
    places = np.frombuffer(heads, dtype=">u4").astype(np.uint64) * np.uint64(parts)
    own = (places >> np.uint64(8 * PLACE_BYTES)).astype(np.int64)[segment.columns["user_id"]]
    ends = np.cumsum(np.bincount(own, minlength=parts))
    return np.argsort(own, kind="stable"), ends.tolist()


def _chosen(segment: Segment, rows: Int64Array) -> Segment:
    columns = {name: numbers[rows] for name, numbers in segment.columns.items()}
    used = {}
    for name in ("user_id", "item_id", "kind_id"):
        codes, columns[name] = _renumbered(columns[name])
        used[name] = codes
    users = used["user_id"]
    return Segment(
        [segment.refs[code] for code in users],
        [segment.sealed[code] for code in users],
        [segment.item_ids[code] for code in used["item_id"]],
        [segment.kinds[code] for code in used["kind_id"]],
        columns,
        segment.index_key,
    )


def _renumbered(column: npt.NDArray[np.int32]) -> tuple[list[int], npt.NDArray[np.int32]]:
    """The codes that a column uses, ascending, and the column with their places instead."""
    counts = np.bincount(column)
    places = np.cumsum(counts > 0, dtype=np.int32) - 1
    return np.flatnonzero(counts).tolist(), places[column]


def joined(segments: Sequence[Segment]) -> Iterator[Segment]:
    """One segment of the rows of all, in that order; none where there are none."""
    if not segments:
        return
    refs: dict[bytes, int] = {}
    sealed: list[SealedBytes | None] = []
    items: dict[str, int] = {}
    kinds: dict[str, int] = {}
    parts: list[dict[str, npt.NDArray[np.number]]] = []
    for segment in segments:
        for ref, cell in zip(segment.refs, segment.sealed, strict=True):
            if refs.setdefault(ref, len(refs)) == len(sealed):
                sealed.append(cell)
            elif cell is not None:
                sealed[refs[ref]] = cell
        numbers = {
            "user_id": np.array([refs[ref] for ref in segment.refs], dtype=np.int32),
            "item_id": _codes(segment.item_ids, items),
            "kind_id": _codes(segment.kinds, kinds),
        }
        parts.append(
            {
                name: numbers[name][own] if name in numbers else own
                for name, own in segment.columns.items()
            }
        )
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    maker = segments[0].index_key
    yield Segment(list(refs), sealed, list(items), list(kinds), columns, maker)


def _codes(texts: Sequence[str], known: dict[str, int]) -> npt.NDArray[np.int32]:
    codes = (known.setdefault(text, len(known)) for text in texts)
    return np.fromiter(codes, np.int32, len(texts))
