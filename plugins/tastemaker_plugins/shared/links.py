"""Sparse item-item models: each item's few strongest links, and scoring histories by them."""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from tastemaker import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int32Array,
    Int64Array,
    People,
    State,
)
from tastemaker_plugins.shared.best import best_of_keys, rank_keys
from tastemaker_plugins.shared.blocks import blocks
from tastemaker_plugins.shared.halves import as_halves, widened
from tastemaker_plugins.shared.path_sums import keys_of_many, keys_of_one
from tastemaker_plugins.shared.recency import counting

PATHS = 200_000
"""Links followed at once when many people are scored: what the processor's cache holds. Chosen,
not measured."""

SCORE_CELLS = 4_000_000
"""Cells of a dense block of scores: bounds the memory."""

TABLE_CELLS = 2**16
"""Cells of a table of sums. Up to so many, it has a column for every item; beyond, one for each
item asked for: measured at 1,682, 12,000 and 41,482 items, where it was 18 µs instead of 59."""

WHOLE_ITEMS = 2**12
"""Up to so many items, many people are scored whole where some items are wanted: measured with 6,
30 and 100 interactions, where it was 15 µs a person instead of 25 at 1,682 items, 25 instead of 38
at 4,096, and 43 instead of 62 at 12,000, but 43 instead of 9 at 41,482 with 6."""


class Amounts(NamedTuple):
    """What each interaction passes along the links of its item.

    Attributes:
        places: (n_interactions,) the item's row in the links; -1 for unknown items.
        weights: (n_interactions,) float32, 0 for what does not count.
    """

    places: Int32Array
    weights: Float32Array


class Links:
    """Each known item's strongest links, padded to the same number with links of weight 0.

    Args:
        items: (n_known, k) int32, where each link leads; a row for each known item, in their order.
        weights: (n_known, k) float16 or float32, how strong it is.
        known: (n_items,) bool, items seen in training; the others cannot be scored.
        unit: what all weights have to be multiplied by.
    """

    def __init__(
        self,
        items: Int32Array,
        weights: npt.NDArray[np.floating],
        known: BoolArray,
        unit: float = 1.0,
    ) -> None:
        self.items, self.weights, self.known, self.unit = items, weights, known, unit
        self._places = np.cumsum(known, dtype=np.int32)
        self._places *= known
        self._places -= 1
        self._unknown = np.flatnonzero(~known)

    @classmethod
    def kept(cls, items: Int32Array, weights: Float32Array, known: BoolArray) -> Self:
        """The links of all items as they are kept: float16, without the rows of unknown items.

        Args:
            items: (n_items, k) where each link leads.
            weights: (n_items, k) how strong it is.
            known: (n_items,) items seen in training.
        """
        halves, unit = as_halves(weights[known])
        return cls(items[known], halves, known, unit)

    def spread(self, people: People, weights: Float32Array) -> Float32Array:
        """Scores every item: each interaction passes its weight along its item's links.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.

        Returns:
            (len(people), n_items) float32; NaN for unknown items, and for people whose history
            has no known item of positive weight.
        """
        from scipy.sparse import csr_array

        amounts, n_items = self._amounts(people, weights), len(self.known)
        starts, k = people.histories.indptr, self.items.shape[1]
        scores = np.empty((len(people), n_items), dtype=np.float32)
        for first, last in blocks(starts, SCORE_CELLS // max(1, n_items), PATHS // max(1, k)):
            part = slice(starts[first], starts[last])
            targets, links = self._paths(amounts, part)
            ends = ((starts[first : last + 1] - starts[first]) * k).astype(np.int32)
            paths = csr_array((links.ravel(), targets.ravel(), ends), shape=(last - first, n_items))
            scores[first:last] = paths.toarray()  # which sums the paths that meet
        if len(self._unknown):
            scores[:, self._unknown] = np.nan
        scores[~counting(people, amounts.weights)] = np.nan
        return scores

    def score_items(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: what `spread` gives some items of each person.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            items: (len(people), width) int64 indexes.
        """
        if len(people) > 1 and len(self.known) <= WHOLE_ITEMS:
            return np.take_along_axis(self.spread(people, weights), items, axis=1)
        amounts, rows = self._amounts(people, weights), people.histories.rows
        scores = np.empty(items.shape, dtype=np.float32)
        for first, last, part in self._blocks(people, items):
            everybody = np.arange(last - first)
            own = rows[part] - first
            scores[first:last] = self._sums(amounts, part, own, everybody, items[first:last])
        if len(self._unknown):
            scores[~self.known.take(items)] = np.nan
        scores[~counting(people, amounts.weights)] = np.nan
        return scores

    def reasons(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the scores of some items.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            items: (len(people), width) int64 indexes.
        """
        amounts, rows = self._amounts(people, weights), people.histories.rows
        shares = np.zeros((len(rows), items.shape[1]), dtype=np.float32)
        for first, last, part in self._blocks(people, items):
            each = np.arange(part.stop - part.start)
            own = rows[part] - first
            shares[part] = self._sums(amounts, part, each, own, items[first:last])
        return shares

    def retrieve(self, people: People, weights: Float32Array, k: int) -> Int64Array:
        """(len(people), k) the items of the highest scores above 0, best first; -1 for none.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            k: how many.
        """
        if len(people) > 1 and len(self.known) <= WHOLE_ITEMS:
            scores = self.spread(people, weights)
            return best_of_keys(rank_keys(scores, np.arange(len(self.known))), k)
        amounts = self._amounts(people, weights)
        if len(people) == 1:
            return best_of_keys(keys_of_one(*self._paths(amounts, slice(None)), len(self.known)), k)
        best = np.empty((len(people), k), dtype=np.int64)
        starts = people.histories.indptr
        for first, last in blocks(starts, len(people), PATHS // max(1, self.items.shape[1])):
            paths = self._paths(amounts, slice(starts[first], starts[last]))
            own = starts[first : last + 1] - starts[first]
            best[first:last] = best_of_keys(keys_of_many(*paths, own, len(self.known)), k)
        return best

    def row(self, item_index: int) -> Float32Array:
        """(n_items,) the links of one item; NaN for unknown items."""
        result = np.full(len(self.known), np.nan, dtype=np.float32)
        if self.known[item_index]:
            place = self._places[item_index]
            links = widened(self.weights[place]) * self.unit
            result[:] = np.bincount(self.items[place], links, len(self.known))
            result[self._unknown] = np.nan
        return result

    def state(self) -> State:
        """Everything that `restored` needs."""
        arrays = {"items": self.items, "weights": self.weights, "known": self.known}
        return State(arrays, {"unit": self.unit})

    @classmethod
    def restored(cls, state: State) -> Self:
        """The links whose state was taken; other entries of it do not matter."""
        items, weights, known = (state.arrays[name] for name in ("items", "weights", "known"))
        if len(items) == len(known) and not known.all():
            # version 0.1 has a row of unknown items too
            items, weights = items[known], weights[known]
        return cls(items, weights, known, float(str(state.values.get("unit", 1.0))))

    def _amounts(self, people: People, weights: Float32Array) -> Amounts:
        places = self._places.take(people.histories.items)
        return Amounts(places, weights * (places >= 0))

    def _blocks(self, people: People, items: Int64Array) -> list[tuple[int, int, slice]]:
        """People whose sums stand in one table: the first, the one after the last, interactions."""
        starts, width = people.histories.indptr, max(1, items.shape[1])
        most = isqrt(TABLE_CELLS // width)
        step = PATHS // max(1, self.items.shape[1])
        return [
            (first, last, slice(starts[first], starts[last]))
            for first, last in blocks(starts, most, step)
        ]

    def _paths(self, amounts: Amounts, part: slice) -> tuple[Int32Array, Float32Array]:
        """(n, k) where the links of some interactions lead, and what passes along each."""
        if not len(self.items):
            nothing = np.zeros((part.stop - part.start, self.items.shape[1]), dtype=np.int32)
            return nothing, nothing.astype(np.float32)
        places = amounts.places[part]  # -1 takes the last row, times 0
        links = widened(self.weights.take(places, axis=0))
        links *= (amounts.weights[part] * np.float32(self.unit))[:, np.newaxis]
        return self.items.take(places, axis=0), links

    def _sums(
        self,
        amounts: Amounts,
        part: slice,
        groups: Int64Array,
        people: Int64Array,
        items: Int64Array,
    ) -> Float64Array:
        """What passes along the links of some interactions, added up by group and item.

        Args:
            amounts: what each interaction passes.
            part: which interactions.
            groups: (n,) the group that each belongs to.
            people: (n_groups,) the person each group is of.
            items: (n_people, width) the items asked for.

        Returns:
            (n_groups, width) the sums of the person's items.
        """
        targets, links = self._paths(amounts, part)
        cells: npt.NDArray[np.integer] = targets
        columns, n_columns = items, len(self.known)
        if len(people) * n_columns > TABLE_CELLS:
            # left as it was allocated: only what is looked up is written, whatever the catalogue
            numbers = np.empty(len(self.known), dtype=np.int64)
            n_columns = items.size + 1
            numbers[targets] = 0
            numbers[items] = np.arange(1, n_columns).reshape(items.shape)
            cells, columns = numbers.take(targets), numbers.take(items)
        if len(people) != 1:
            cells = cells + (groups * n_columns)[:, np.newaxis]
            columns = columns[people] + (np.arange(len(people)) * n_columns)[:, np.newaxis]
        sums = np.bincount(cells.ravel(), links.ravel(), minlength=len(people) * n_columns)
        return np.asarray(sums.take(columns), dtype=np.float64)
