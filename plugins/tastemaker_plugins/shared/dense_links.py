"""Dense item-item models: a weight between every two items, and scoring histories by them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tastemaker import BoolArray, Float32Array, Int32Array, Int64Array, People, State
from tastemaker_plugins.shared.best import best_of_keys, rank_keys
from tastemaker_plugins.shared.halves import widened
from tastemaker_plugins.shared.recency import counting

COPIED_CELLS = 300_000
"""Of one person the rows of the history are copied for a dense product where they have no more
cells; beyond, the product is sparse. Measured with 1,682 to 12,000 items, where copying took 2 to
29 µs below and 41 to 900 above, and a sparse product 12 to 31 and 40 to 205."""

GATHERED = 8
"""One person's weights of some items are gathered one by one where these are so many times fewer
than all: that takes less than a product of whole rows. Measured with 350 of 1,682 (34 µs instead
of 17, with 100 interactions), of 3,600 (42 and 40) and of 12,000 (57 and 112)."""

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
        self.columns = np.full(n_items, -1, dtype=np.int32)
        self.columns[places] = np.arange(len(places), dtype=np.int32)

    def spread(self, people: People, weights: Float32Array) -> Float32Array:
        """(len(people), n_items) float32 scores; NaN for unknown items and where none is known.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
        """
        followed = FollowedDenseLinks(self, people, weights)
        result = np.full((len(people), self.n_items), np.nan, dtype=np.float32)
        if len(self.places):
            result[:, self.places] = followed.products
        result[~followed.counting] = np.nan
        return result

    def score_items(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: what `spread` gives some items (len(people), width)."""
        return self._followed(people, weights).score_items(items)

    def reasons(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the scores of some items."""
        return self._followed(people, weights).reasons(items)

    def retrieve(self, people: People, weights: Float32Array, k: int) -> Int64Array:
        """(len(people), k) the items of the highest scores above 0, best first; -1 for none."""
        return self._followed(people, weights).retrieve(k)

    def _followed(self, people: People, weights: Float32Array) -> FollowedDenseLinks:
        # it keeps the weights, so that as long as it is there no other array has their id
        return people.once((self, id(weights)), lambda: FollowedDenseLinks(self, people, weights))

    def row(self, item_index: int) -> Float32Array:
        """(n_items,) the weights from one item to every other; NaN for unknown items."""
        result = np.full(self.n_items, np.nan, dtype=np.float32)
        column = self.columns[item_index]
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


class FollowedDenseLinks:
    """The links of some people's histories, followed once for candidates, scores and reasons.

    Args:
        links: those of all items.
        people: whose histories.
        weights: (n_interactions,) float32, what each interaction passes along its item's links.
    """

    def __init__(self, links: DenseLinks, people: People, weights: Float32Array) -> None:
        self._links, self._people, self._given = links, people, weights
        self._columns: Int32Array = links.columns.take(people.histories.items)
        self._weights: Float32Array = weights * (self._columns >= 0)

    @cached_property
    def counting(self) -> BoolArray:
        """(n_people,) who has a known item that counts."""
        return counting(self._people, self._weights)

    @cached_property
    def products(self) -> Float32Array:
        """(n_people, n) each person's weights times the rows that they stand for."""
        columns, links = self._columns, self._links.links
        if len(self._people) == 1 and len(columns) * len(links) <= COPIED_CELLS:
            return np.asarray(self._weights @ links.take(columns, axis=0))[np.newaxis]
        from scipy.sparse import csr_array  # a web worker that answers one person seldom needs it

        counted = np.flatnonzero(self._weights)
        starts = np.searchsorted(counted, self._people.histories.indptr)
        shape = (len(self._people), len(links))
        history = csr_array((self._weights[counted], columns[counted], starts), shape=shape)
        return np.asarray(history @ links)

    def score_items(self, items: Int64Array) -> Float32Array:
        """(n_people, width) float32: the scores of some items (n_people, width) of each person."""
        wanted = self._links.columns.take(items)
        if not len(self._links.places):
            return np.full(items.shape, np.nan, dtype=np.float32)
        found = "products" in vars(self)  # where it retrieved
        few = len(self._people) == 1 and items.shape[1] * GATHERED <= len(self._links.links)
        if few and not found:
            scores = (self._weights @ self._between(wanted))[np.newaxis]
        else:
            scores = np.take_along_axis(self.products, np.maximum(wanted, 0), axis=1)
        scores[wanted < 0] = np.nan
        scores[~self.counting] = np.nan
        return scores

    def reasons(self, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the scores of some items."""
        wanted = self._links.columns.take(items)[self._people.histories.rows]
        shares = self._between(wanted)
        shares *= self._weights[:, np.newaxis]
        shares *= wanted >= 0
        return shares

    def retrieve(self, k: int) -> Int64Array:
        """(n_people, k) the items of the highest scores above 0, best first; -1 for none."""
        places, n_people = self._links.places, len(self._people)
        best = np.full((n_people, k), -1, dtype=np.int64)
        if not len(places):
            return best
        step = max(1, PRODUCT_CELLS // len(places))
        for first in range(0, n_people, step):
            keys = rank_keys(self.products[first : first + step], places)
            best[first : first + step] = best_of_keys(keys, k)
        return best

    def _between(self, wanted: Int32Array) -> Float32Array:
        """(n, width) the weights from each interaction's item to some (n or 1, width); -1: any."""
        links = self._links.links
        if not len(links):
            return np.zeros((len(self._columns), wanted.shape[1]), dtype=np.float32)
        cells = np.maximum(self._columns, 0).astype(np.int64)[:, np.newaxis] * len(links)
        return links.reshape(-1).take(cells + np.maximum(wanted, 0))
