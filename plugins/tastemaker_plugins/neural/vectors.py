"""Scoring by vectors: a person is the weighted mean of what their history's items bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tastemaker import BoolArray, Float32Array, People

IntArray = npt.NDArray[np.integer]

TINY = np.float32(1e-6)
"""Added to a squared length before it divides."""


@dataclass(frozen=True)
class Vectors:
    """Two vectors for each item: what it tells of a person who chose it, and what it offers.

    score(u, i) = sum over the history j of weight(j) brought(j) . offered(i), divided by the sum of
    the weights of those items of the history that have vectors.

    Attributes:
        brought: (k * n_items, size) float32; a row for each item, or k for each where it can mean
            different things in a history, the usual one first.
        offered: (n_items, size) float32.
        known: (n_items,) bool, the items that have vectors.
    """

    brought: Float32Array
    offered: Float32Array
    known: BoolArray

    def score(
        self, people: People, weights: Float32Array, rows: IntArray | None = None
    ) -> Float32Array:
        """(len(people), n_items) float32; NaN for items without vectors and empty histories.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32, how much each interaction counts; none below 0.
            rows: (n_interactions,) which row of `brought` each takes; its item's where not given.
        """
        histories = people.histories
        shares = self._shares(people, weights)
        shape = (len(people), len(self.brought))
        chosen = histories.items if rows is None else rows
        persons = csr_array((shares, chosen, histories.indptr), shape=shape) @ self.brought
        scores = np.asarray(persons) @ self.offered.T
        if not self.known.all():
            scores[:, ~self.known] = np.nan
        counted = np.bincount(histories.rows, shares, minlength=len(people)) > 0
        scores[~counted] = np.nan
        return scores

    def reasons(
        self,
        people: People,
        weights: Float32Array,
        item_index: int,
        rows: IntArray | None = None,
    ) -> Float32Array:
        """(n_interactions,) what each interaction adds to the score of one item."""
        if not self.known[item_index]:
            return np.zeros(len(weights), dtype=np.float32)
        chosen = people.histories.items if rows is None else rows
        likeness: Float32Array = self.brought[chosen] @ self.offered[item_index]
        return likeness * self._shares(people, weights)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) float32: what each item offers to who had to do with this one only."""
        first_row = item_index * (len(self.brought) // len(self.offered))
        likeness: Float32Array = self.offered @ self.brought[first_row]
        likeness[~self.known | ~self.known[item_index]] = np.nan
        return likeness

    def joined(self, others: Vectors) -> Vectors:
        """These and then the others."""
        theirs = others.arrays()
        return Vectors.of(
            {name: np.concatenate((own, theirs[name])) for name, own in self.arrays().items()}
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `of` needs; where the two vectors of each item are the same, they come once."""
        arrays = {"offered": self.offered, "known": self.known}
        return arrays if self.brought is self.offered else {"brought": self.brought, **arrays}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The vectors whose `arrays` were taken."""
        offered = arrays["offered"]
        return cls(arrays.get("brought", offered), offered, arrays["known"])

    def _shares(self, people: People, weights: Float32Array) -> Float32Array:
        """(n_interactions,) the weights among the items that have vectors; a person's sum is 1."""
        histories = people.histories
        counted = weights * self.known[histories.items]
        totals = np.bincount(histories.rows, counted, minlength=len(people)).astype(np.float32)
        totals = totals[histories.rows]
        return np.divide(counted, totals, out=np.zeros_like(counted), where=totals > 0)


def unit(vectors: Float32Array) -> Float32Array:
    """(n, size) the vectors with length 1, but for those of next to no length."""
    squares = (vectors * vectors).sum(axis=1, keepdims=True)
    scaled: Float32Array = vectors / np.sqrt(squares + TINY)
    return scaled
