"""Items as vectors, and scoring histories by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tastemaker import BoolArray, Float32Array, People

Rows: TypeAlias = npt.NDArray[np.integer]

FORMER_ARRAYS = {
    "offered": "vectors",
    "targets": "vectors",
    "brought": "history_vectors",
    "sources": "history_vectors",
}
"""Names that stored arrays had before, by recommenders that had two vectors for each item."""

TINY = np.float32(1e-6)
"""Added to a squared length before it divides."""


@dataclass(frozen=True)
class ItemVectors:
    """A vector for each item, or two: one as a candidate, and one in a person's history.

    Attributes:
        vectors: (n_items, size) float32, of the items as candidates.
        known: (n_items,) bool: the items that can be scored; in a history the others do not count.
        history_vectors: (k * n_items, size) float32, of the items in a history: a row for each
            item, or k for each where it can mean different things in a history, the usual one
            first. None where they are the vectors.
    """

    vectors: Float32Array
    known: BoolArray
    history_vectors: Float32Array | None = None

    @property
    def sources(self) -> Float32Array:
        """(k * n_items, size) float32, the vectors that histories are summed up from."""
        return self.vectors if self.history_vectors is None else self.history_vectors

    def counted(self, people: People, weights: Float32Array) -> Float32Array:
        """(n_interactions,) the weights, 0 for items that are not known."""
        return weights * self.known[people.histories.items]

    def shares(self, people: People, weights: Float32Array) -> Float32Array:
        """(n_interactions,) the weights over a person's sum; all 0 where that is 0.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32, none below 0; those of unknown items do not count.
        """
        counted = self.counted(people, weights)
        sums = np.bincount(people.histories.rows, counted, minlength=len(people))
        totals = sums.astype(np.float32)[people.histories.rows]
        return np.divide(counted, totals, out=np.zeros_like(counted), where=totals > 0)

    def sums(self, people: People, weights: Float32Array, rows: Rows | None = None) -> Float32Array:
        """(len(people), size) the weighted sum of the vectors of each person's history.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            rows: (n_interactions,) which of the history vectors each takes; its item's where not
                given.
        """
        histories = people.histories
        taken = histories.items if rows is None else rows
        if len(people) == 1:
            return np.asarray(weights @ self.sources[taken])[np.newaxis]
        shape = (len(people), len(self.sources))
        return np.asarray(csr_array((weights, taken, histories.indptr), shape=shape) @ self.sources)

    def scores(self, profiles: Float32Array, able: BoolArray) -> Float32Array:
        """How well every item goes with every profile.

        Args:
            profiles: (n, size) float32.
            able: (n,) bool: the people who can be scored.

        Returns:
            (n, n_items) float32; NaN for unknown items and for people who cannot be scored.
        """
        scores: Float32Array = profiles @ self.vectors.T
        if not self.known.all():
            scores[:, ~self.known] = np.nan
        scores[~able] = np.nan
        return scores

    def mean_scores(
        self, people: People, weights: Float32Array, rows: Rows | None = None
    ) -> Float32Array:
        """Scores by the weighted mean of each history.

        score(u, i) = sum over the history j of weight(j) history_vector(j) . vector(i), over the
        sum of the weights of the items j that are known.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32, none below 0.
            rows: see `sums`.

        Returns:
            (len(people), n_items) float32; NaN for unknown items and for people whose history has
            no known item of positive weight.
        """
        shares = self.shares(people, weights)
        return self.scores(self.sums(people, shares, rows), able(people, shares))

    def mean_reasons(
        self, people: People, weights: Float32Array, item_index: int, rows: Rows | None = None
    ) -> Float32Array:
        """(n_interactions,) what each interaction adds to one item's score in `mean_scores`."""
        if not self.known[item_index]:
            return np.zeros(len(weights), dtype=np.float32)
        taken = people.histories.items if rows is None else rows
        products: Float32Array = self.sources[taken] @ self.vectors[item_index]
        return products * self.shares(people, weights)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine of every item's vector with this one's; NaN for unknown items."""
        likeness: Float32Array = self.vectors @ self.vectors[item_index]
        lengths = np.linalg.norm(self.vectors, axis=1)
        lengths *= lengths[item_index]
        np.divide(likeness, lengths, out=likeness, where=lengths > 0)
        return self._of_known(likeness, item_index)

    def scores_after(self, item_index: int) -> Float32Array:
        """(n_items,) the scores by a history of one item; NaN for unknown items."""
        first_row = item_index * (len(self.sources) // len(self.vectors))
        return self._of_known(self.vectors @ self.sources[first_row], item_index)

    def _of_known(self, likeness: Float32Array, item_index: int) -> Float32Array:
        likeness[~self.known | ~self.known[item_index]] = np.nan
        return likeness

    def joined(self, others: ItemVectors) -> ItemVectors:
        """These items and then the others."""
        theirs = others.arrays()
        own = self.arrays().items()
        return ItemVectors.of({name: np.concatenate((part, theirs[name])) for name, part in own})

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Named arrays, for a State."""
        arrays: dict[str, npt.NDArray[Any]] = {"vectors": self.vectors, "known": self.known}
        if self.history_vectors is not None:
            arrays["history_vectors"] = self.history_vectors
        return arrays

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The vectors whose `arrays` were taken; other arrays do not matter."""
        named = {FORMER_ARRAYS.get(name, name): array for name, array in arrays.items()}
        return cls(named["vectors"], named["known"], named.get("history_vectors"))


def able(people: People, weights: Float32Array) -> BoolArray:
    """(len(people),) whether any interaction of a person has a positive weight."""
    return np.bincount(people.histories.rows, weights > 0, minlength=len(people)) > 0


def unit(vectors: Float32Array) -> Float32Array:
    """(n, size) the vectors with length 1, but for those of next to no length."""
    squares = (vectors * vectors).sum(axis=1, keepdims=True)
    scaled: Float32Array = vectors / np.sqrt(squares + TINY)
    return scaled
