"""What passes along the links of some people's histories, and what it adds up to."""

from __future__ import annotations

from functools import cached_property
from math import isqrt
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tastemaker import BoolArray, Float32Array, Float64Array, Int32Array, Int64Array, People
from tastemaker_plugins.shared.best import best_of_keys, rank_keys
from tastemaker_plugins.shared.blocks import blocks
from tastemaker_plugins.shared.path_sums import keys_of_many, keys_of_one
from tastemaker_plugins.shared.recency import counting

PATHS = 200_000
"""Links followed at once when many people are scored: what the processor's cache holds. Chosen,
not measured."""

SCORE_CELLS = 4_000_000
"""Cells of a dense block of scores: bounds the memory."""

TABLE_CELLS = 2**16
"""Cells of a table of sums. Up to so many, it has a column for every item; beyond, one for each
item asked for: measured at 1,682, 12,000 and 41,482 items, where it was 18 µs instead of 59. Up to
so many items one person is scored whole, for candidates and scores alike."""

WHOLE_ITEMS = 2**12
"""Up to so many items, many people are scored whole where some items are wanted: measured with 6,
30 and 100 interactions, where it was 15 µs a person instead of 25 at 1,682 items, 25 instead of 38
at 4,096, and 43 instead of 62 at 12,000, but 43 instead of 9 at 41,482 with 6."""


class ItemLinks(Protocol):
    """The links of all items; see `Links`."""

    items: Int32Array
    places: Int32Array
    known: BoolArray
    unknown: Int64Array

    def followed_from(
        self, places: Int32Array, amounts: Float32Array
    ) -> tuple[Int32Array, Float32Array]:
        """(n, k) where the links of some items lead, and what passes along each."""


class FollowedLinks:
    """The links of some people's histories, followed once for candidates, scores and reasons.

    Args:
        links: those of all items.
        people: whose histories.
        weights: (n_interactions,) float32, what each interaction passes along its item's links.
    """

    def __init__(self, links: ItemLinks, people: People, weights: Float32Array) -> None:
        self._links, self._people, self._given = links, people, weights
        self._places: Int32Array = links.places.take(people.histories.items)
        self._amounts: Float32Array = weights * (self._places >= 0)

    @cached_property
    def _counting(self) -> BoolArray:
        """(n_people,) who has a known item that counts."""
        return counting(self._people, self._amounts)

    @cached_property
    def scores(self) -> Float32Array:
        """(n_people, n_items) float32; NaN for unknown items, and for whom nothing counts."""
        people, n_items = self._people, len(self._links.known)
        if len(people) == 1:
            targets, passed = self._paths(slice(None))
            sums = np.bincount(targets.ravel(), passed.ravel(), minlength=n_items)
            return self._without_unscored(sums.astype(np.float32)[np.newaxis])
        from scipy.sparse import csr_array

        starts, k = people.histories.indptr, self._links.items.shape[1]
        scores = np.empty((len(people), n_items), dtype=np.float32)
        for first, last in blocks(starts, SCORE_CELLS // max(1, n_items), PATHS // max(1, k)):
            targets, passed = self._paths(slice(starts[first], starts[last]))
            ends = ((starts[first : last + 1] - starts[first]) * k).astype(np.int32)
            shape = (last - first, n_items)
            paths = csr_array((passed.ravel(), targets.ravel(), ends), shape=shape)
            scores[first:last] = paths.toarray()  # which sums the paths that meet
        return self._without_unscored(scores)

    def _without_unscored(self, scores: Float32Array) -> Float32Array:
        if len(self._links.unknown):
            scores[:, self._links.unknown] = np.nan
        if not self._counting.all():
            scores[~self._counting] = np.nan
        return scores

    @property
    def _is_scored_whole(self) -> bool:
        """Whether all items are scored where some are wanted."""
        most = TABLE_CELLS if len(self._people) == 1 else WHOLE_ITEMS
        return len(self._links.known) <= most

    def score_items(self, items: Int64Array) -> Float32Array:
        """(n_people, width) float32: the scores of some items (n_people, width) of each person."""
        if self._is_scored_whole:
            if len(items) == 1:
                return np.asarray(self.scores[0].take(items))
            return np.take_along_axis(self.scores, items, axis=1)
        rows = self._people.histories.rows
        scores = np.empty(items.shape, dtype=np.float32)
        for first, last, part in self._blocks(items):
            everybody = np.arange(last - first)
            own = rows[part] - first
            scores[first:last] = self._sums(part, own, everybody, items[first:last])
        if len(self._links.unknown):
            scores[~self._links.known.take(items)] = np.nan
        scores[~self._counting] = np.nan
        return scores

    def reasons(self, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the scores of some items."""
        rows = self._people.histories.rows
        shares = np.zeros((len(rows), items.shape[1]), dtype=np.float32)
        for first, last, part in self._blocks(items):
            each = np.arange(part.stop - part.start)
            own = rows[part] - first
            shares[part] = self._sums(part, each, own, items[first:last])
        return shares

    def retrieve(self, k: int) -> Int64Array:
        """(n_people, k) the items of the highest scores above 0, best first; -1 for none."""
        people, n_items = self._people, len(self._links.known)
        if self._is_scored_whole:
            if len(people) != 1:
                return best_of_keys(rank_keys(self.scores, np.arange(n_items)), k)
            (items,) = (self.scores[0] > 0).nonzero()
            return best_of_keys(rank_keys(self.scores[0].take(items), items)[np.newaxis], k)
        if len(people) == 1:
            return best_of_keys(keys_of_one(*self._paths(slice(None)), n_items), k)
        best = np.empty((len(people), k), dtype=np.int64)
        starts = people.histories.indptr
        for first, last in blocks(starts, len(people), PATHS // max(1, self._links.items.shape[1])):
            paths = self._paths(slice(starts[first], starts[last]))
            own = starts[first : last + 1] - starts[first]
            best[first:last] = best_of_keys(keys_of_many(*paths, own, n_items), k)
        return best

    def _blocks(self, items: Int64Array) -> list[tuple[int, int, slice]]:
        """People whose sums stand in one table: the first, the one after the last, interactions."""
        starts, width = self._people.histories.indptr, max(1, items.shape[1])
        most = isqrt(TABLE_CELLS // width)
        step = PATHS // max(1, self._links.items.shape[1])
        return [
            (first, last, slice(starts[first], starts[last]))
            for first, last in blocks(starts, most, step)
        ]

    def _paths(self, part: slice) -> tuple[Int32Array, Float32Array]:
        """(n, k) where the links of some interactions lead, and what passes along each."""
        return self._links.followed_from(self._places[part], self._amounts[part])

    def _sums(
        self, part: slice, groups: Int64Array, people: Int64Array, items: Int64Array
    ) -> Float64Array:
        """What passes along the links of some interactions, added up by group and item.

        Args:
            part: which interactions.
            groups: (n,) the group that each belongs to.
            people: (n_groups,) the person each group is of.
            items: (n_people, width) the items asked for.

        Returns:
            (n_groups, width) the sums of the person's items.
        """
        targets, passed = self._paths(part)
        cells: npt.NDArray[np.integer] = targets
        columns, n_columns = items, len(self._links.known)
        if len(people) * n_columns > TABLE_CELLS:
            # left as it was allocated: only what is looked up is written, whatever the catalogue
            numbers = np.empty(n_columns, dtype=np.int64)
            n_columns = items.size + 1
            numbers[targets] = 0
            numbers[items] = np.arange(1, n_columns).reshape(items.shape)
            cells, columns = numbers.take(targets), numbers.take(items)
        if len(people) != 1:
            cells = cells + (groups * n_columns)[:, np.newaxis]
            columns = columns[people] + (np.arange(len(people)) * n_columns)[:, np.newaxis]
        sums = np.bincount(cells.ravel(), passed.ravel(), minlength=len(people) * n_columns)
        return np.asarray(sums.take(columns), dtype=np.float64)
