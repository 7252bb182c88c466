"""The items worth ranking: for each person, the union of every retriever's best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.data import BoolArray, Float32Array, Int64Array, frozen

DEPTH = 100
"""How many of its best items each retriever brings. Chosen, not measured."""

MASKED = np.float32(-3e38)
"""Added to a score, it puts the item below every other; float32 ends not far below it."""

GROUPS_PER_ITEM = 3
"""A row of many items is split into about this many groups for each item looked for.
Chosen, not measured."""

PARTITION_ALL = 2**15
"""Up to so many scores, all of them are partitioned: that is quicker than to look for fewer first.
Chosen, not measured."""


@dataclass(frozen=True)
class Candidates:
    """The candidates of a batch of people, and the members' scores of them.

    Lists are of uneven length: a row is filled up at its end, and `valid` tells where.

    Attributes:
        items: (n, width) int64 item indexes, ascending within a person; 0 where not valid.
        valid: (n, width) which places hold a candidate.
        values: (n_members, n, width) float32 the members' own scores; NaN where one abstains,
            and where not valid.
    """

    items: Int64Array
    valid: BoolArray
    values: Float32Array

    def __post_init__(self) -> None:
        for array in (self.items, self.valid, self.values):
            frozen(array)

    def __len__(self) -> int:
        return len(self.items)


def select_candidates(
    scores: Float32Array,
    excluded: BoolArray,
    depth: int = DEPTH,
    least: int = 10,
    retrievers: Sequence[int] | None = None,
    always: BoolArray | None = None,
) -> Candidates:
    """The union of each retriever's best `depth` items, with every member's scores of them.

    Ties at a retriever's last place all come in if they are few; if they are many, as where one
    scores most items alike, none does. Works on everybody at once: give it people in blocks of a
    few megabytes of scores.

    Args:
        scores: (n_members, n, n_items) float32; NaN = abstains; sizes below 1e38. Only read.
        excluded: (n, n_items) the items that must not be shown to a person (seen, unavailable,
            filtered out).
        depth: how many items each retriever brings.
        least: how many candidates a person gets at least, as far as there are items not excluded:
            where the retrievers bring fewer, all members retrieve.
        retrievers: the places of those members whose best items count; all where not given.
        always: (n, n_items) items that are candidates whoever retrieves, unless excluded.
    """
    bringing = scores if retrievers is None else scores[list(retrievers)]
    chosen = _union_of_best(bringing, excluded, depth)
    if always is not None:
        chosen |= always
    chosen &= ~excluded
    counts = np.count_nonzero(chosen, axis=1)
    short = np.flatnonzero(counts < least)
    if len(short):
        if len(bringing) < len(scores):
            chosen[short] |= _union_of_best(scores[:, short], excluded[short], depth)
            chosen[short] &= ~excluded[short]
        _fill_up(chosen, excluded, least)
        counts = np.count_nonzero(chosen, axis=1)
    return _gather(scores, chosen, counts)


def _union_of_best(scores: Float32Array, excluded: BoolArray, depth: int) -> BoolArray:
    """(n, n_items) which items are among the best `depth` of some member."""
    if depth >= scores.shape[2]:
        scored: BoolArray = np.logical_or.reduce(~np.isnan(scores), axis=0)
        return scored
    masked = scores + np.multiply(excluded, MASKED, dtype=np.float32)
    if np.isnan(masked.min(initial=0)):
        np.fmax(masked, MASKED, out=masked)
    threshold = _threshold(masked, depth)[:, :, np.newaxis]
    best = masked >= threshold
    too_many_ties = best.sum(axis=2, dtype=np.int32) > 2 * depth
    if too_many_ties.any():
        above = np.nextafter(threshold, np.float32(np.inf))
        np.copyto(threshold, above, where=too_many_ties[:, :, np.newaxis])
        np.greater_equal(masked, threshold, out=best)
    union: BoolArray = np.logical_or.reduce(best, axis=0)
    return union


def _threshold(masked: Float32Array, depth: int) -> Float32Array:
    """(n_members, n) the `depth`-th highest score of each row, but never that of a masked item.

    That of the maxima of groups of items is at most as high, and cheap to find: of many items only
    those above it are partitioned. (A whole row where many are tied takes ten times as long as
    another.)
    """
    if masked.size <= PARTITION_ALL:
        return np.maximum(_kth_highest(masked.copy(), depth), MASKED / 2)
    threshold = np.maximum(_kth_highest(_group_maxima(masked, depth), depth), MASKED / 2)
    above = masked > threshold[:, :, np.newaxis]
    counts = above.sum(axis=2, dtype=np.int32)
    width = int(counts.max(initial=0))
    if width < depth:
        return threshold
    table = np.full((*counts.shape, width), MASKED)
    table[np.arange(width) < counts[:, :, np.newaxis]] = masked.reshape(-1)[np.flatnonzero(above)]
    return np.maximum(threshold, _kth_highest(table, depth))


def _kth_highest(rows: Float32Array, k: int) -> Float32Array:
    """(n_members, n) the `k`-th highest of each row, which are reordered."""
    place = rows.shape[2] - k
    rows.partition(place, axis=2)
    return rows[:, :, place]


def _group_maxima(masked: Float32Array, depth: int) -> Float32Array:
    """(n_members, n, n_groups) the highest of each group of a row's items."""
    n_items = masked.shape[2]
    size = max(1, n_items // (GROUPS_PER_ITEM * depth))
    n_groups = n_items // size
    whole, rest = np.split(masked, [size * n_groups], axis=2)
    maxima: Float32Array = whole.reshape(*masked.shape[:2], size, n_groups).max(axis=2)
    np.maximum(maxima[:, :, : rest.shape[2]], rest, out=maxima[:, :, : rest.shape[2]])
    return maxima


def _fill_up(chosen: BoolArray, excluded: BoolArray, least: int) -> None:
    """Adds the items of the lowest index for those who have too few."""
    for person in np.flatnonzero(chosen.sum(axis=1) < least):
        others = np.flatnonzero(~(chosen[person] | excluded[person]))
        chosen[person, others[: least - chosen[person].sum()]] = True


def _gather(scores: Float32Array, chosen: BoolArray, counts: Int64Array) -> Candidates:
    n, n_items = chosen.shape
    valid = np.arange(counts.max(initial=0)) < counts[:, None]
    cells = np.zeros(valid.shape, dtype=np.int64)
    cells[valid] = np.flatnonzero(chosen)
    values = scores.reshape(len(scores), -1).take(cells, axis=1)
    if not valid.all():
        values[:, ~valid] = np.nan
    items = (cells - np.arange(n)[:, None] * n_items) * valid
    return Candidates(items, valid, values)
