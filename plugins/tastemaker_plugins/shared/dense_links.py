"""Dense item-item models: a weight between every two items, and scoring histories by them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int32Array, Int64Array, People, State
from tastemaker_plugins.shared.best import best_of_keys, rank_keys
from tastemaker_plugins.shared.halves import widened
from tastemaker_plugins.shared.recency import counting

SHORT = 128
"""Up to so many interactions of one person, their rows are copied for a dense product; beyond, the
product is sparse. Chosen, not measured."""

PRODUCT_CELLS = 4_000_000
"""Cells of a dense block of scores: bounds the memory."""


class DenseLinks:
    """A weight from every known item to every other; for few items, as it takes their square.

    Args:
        places: (n,) int32 the known items, ascending; the others cannot be scored.
        matrix: (n, n) float16 or float32, the weight from each (row) to each.
        n_items: how many items there are.
        unit: what all weights have to be multiplied by.
    """

    def __init__(
        self, places: Int32Array, matrix: npt.NDArray[Any], n_items: int, unit: float = 1.0
    ) -> None:
        self.places, self.matrix, self.n_items, self.unit = places, matrix, n_items, unit
        self.links = widened(matrix)
        if self.links is not matrix:  # as version 0.1 stored it, it may be half a gigabyte
            self.links *= np.float32(unit)
        self._columns = np.full(n_items, -1, dtype=np.int32)
        self._columns[places] = np.arange(len(places), dtype=np.int32)

    def spread(self, people: People, weights: Float32Array) -> Float32Array:
        """(len(people), n_items) float32 scores; NaN for unknown items and where none is known.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
        """
        columns, weights = self._counting(people, weights)
        result = np.full((len(people), self.n_items), np.nan, dtype=np.float32)
        if len(self.places):
            result[:, self.places] = self._products(people, columns, weights)
        result[~counting(people, weights)] = np.nan
        return result

    def score_items(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: what `spread` gives some items of each person.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            items: (len(people), width) int64 indexes.
        """
        columns, weights = self._counting(people, weights)
        wanted = self._columns.take(items)
        scores = np.full(items.shape, np.nan, dtype=np.float32)
        if len(self.places):
            products = self._products(people, columns, weights)
            scores = np.take_along_axis(products, np.maximum(wanted, 0), axis=1)
        scores[wanted < 0] = np.nan
        scores[~counting(people, weights)] = np.nan
        return scores

    def reasons(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the scores of some items.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            items: (len(people), width) int64 indexes.
        """
        columns, weights = self._counting(people, weights)
        wanted = self._columns.take(items)[people.histories.rows]
        shares = self._between(columns, wanted)
        shares *= weights[:, np.newaxis]
        shares *= wanted >= 0
        return shares

    def retrieve(self, people: People, weights: Float32Array, k: int) -> Int64Array:
        """(len(people), k) the items of the highest scores above 0, best first; -1 for none.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            k: how many.
        """
        best = np.full((len(people), k), -1, dtype=np.int64)
        step = max(1, PRODUCT_CELLS // max(1, len(self.places)))
        columns, weights = self._counting(people, weights)
        if not len(self.places):
            return best
        scores = self._products(people, columns, weights)
        for first in range(0, len(people), step):
            keys = rank_keys(scores[first : first + step], self.places)
            best[first : first + step] = best_of_keys(keys, k)
        return best

    def row(self, item_index: int) -> Float32Array:
        """(n_items,) the weights from one item to every other; NaN for unknown items."""
        result = np.full(self.n_items, np.nan, dtype=np.float32)
        column = self._columns[item_index]
        if column >= 0:
            result[self.places] = self.links[column]
        return result

    def state(self) -> State:
        """Everything that `restored` needs."""
        arrays = {"places": self.places, "links": self.matrix}
        return State(arrays, {"n_items": self.n_items, "unit": self.unit})

    @classmethod
    def restored(cls, state: State) -> Self:
        """The links whose state was taken; other entries of it do not matter."""
        n_items, unit = int(str(state.values["n_items"])), state.values.get("unit", 1.0)
        return cls(state.arrays["places"], state.arrays["links"], n_items, float(str(unit)))

    def _counting(self, people: People, weights: Float32Array) -> tuple[Int32Array, Float32Array]:
        """(n_interactions,) its item's row in the matrix, -1 for none, and how much each counts."""
        columns = self._columns.take(people.histories.items)
        return columns, weights * (columns >= 0)

    def _products(self, people: People, columns: Int32Array, weights: Float32Array) -> Float32Array:
        """(len(people), n) each person's weights times the rows that they stand for."""
        if len(people) == 1 and len(columns) <= SHORT:
            return np.asarray(weights @ self.links.take(columns, axis=0))[np.newaxis]
        from scipy.sparse import csr_array  # a web worker that answers one person seldom needs it

        counted = np.flatnonzero(weights)
        starts = np.searchsorted(counted, people.histories.indptr)
        shape = (len(people), len(self.links))
        history = csr_array((weights[counted], columns[counted], starts), shape=shape)
        return np.asarray(history @ self.links)

    def _between(self, columns: Int32Array, wanted: Int32Array) -> Float32Array:
        """(n, width) the weights from some items (n,) to others (n or 1, width); -1 gives any."""
        if not len(self.places):
            return np.zeros((len(columns), wanted.shape[1]), dtype=np.float32)
        cells = np.maximum(columns, 0).astype(np.int64)[:, np.newaxis] * len(self.places)
        return self.links.reshape(-1).take(cells + np.maximum(wanted, 0))
