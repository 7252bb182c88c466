"""Items as vectors, and scoring histories by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tastemaker import BoolArray, Float32Array, Int64Array, People
from tastemaker_plugins.shared.half_precision import (
    WHOLE,
    Rows,
    Vectors,
    at_hand,
    gathered,
    halved,
    whole,
)
from tastemaker_plugins.shared.inverted_file import InvertedFile
from tastemaker_plugins.shared.vector_search import (
    able,
    best_places,
    best_products,
    chosen_products,
    histories_of,
    summed_rows,
)

FORMER_ARRAYS = {
    "offered": "vectors",
    "targets": "vectors",
    "brought": "history_vectors",
    "sources": "history_vectors",
    "bias": "biases",
}
"""Names that stored arrays had before."""

EXACT = 20_000
"""Items that are searched through in whole; of more there is an inverted file. One search through
41,000 took 2.1 ms in whole and .2 by lists."""

MANY, EXACT_FOR_MANY = 16, 100_000
"""For so many people at once, so many items are still searched through in whole: with two hundred
people 41,000 took .3 ms a person either way."""

SHORTLIST = 2
"""Vectors that the inverted file gives for each one wanted; their products are then computed."""


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """A vector for each item, or two: one as a candidate, and one in a person's history.

    A person's profile is what their history adds up to; an item's score is its product with the
    profile, plus the item's bias.

    Attributes:
        vectors: (n_items, size) float32 or float16, of the items as candidates.
        known: (n_items,) bool: the items that can be scored; in a history the others do not count.
        history_vectors: (k * n_items, width) float32 or float16, of the items in a history: a row
            for each item, or k for each where it can mean different things in a history, the usual
            one first. None where they are the vectors.
        biases: (n_items,) float32, added to every score of the item; None for 0.
        index: of the vectors, where they are many; it may lack items added later.
    """

    vectors: Vectors
    known: BoolArray
    history_vectors: Vectors | None = None
    biases: Float32Array | None = None
    index: InvertedFile | None = None

    @property
    def sources(self) -> Vectors:
        """(k * n_items, width) the vectors that histories are summed up from."""
        return self.vectors if self.history_vectors is None else self.history_vectors

    @cached_property
    def offsets(self) -> Float32Array | None:
        """(n_items,) added to the products: the biases, NaN for unknown items; None for 0."""
        if self._all_known:
            return self.biases
        offsets = np.where(self.known, 0 if self.biases is None else self.biases, np.nan)
        return offsets.astype(np.float32)

    def counted(self, people: People, weights: Float32Array) -> Float32Array:
        """(n_interactions,) the weights, 0 for items that are not known."""
        return weights if self._all_known else weights * self.known[people.histories.items]

    @cached_property
    def _all_known(self) -> bool:
        return bool(self.known.all())

    def shares(self, people: People, weights: Float32Array) -> Float32Array:
        """(n_interactions,) the weights over a person's sum; all 0 where that is 0.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32, none below 0; those of unknown items do not count.
        """
        counted = self.counted(people, weights)
        if len(people) == 1:
            total = counted.sum()
            return counted / total if total > 0 else counted
        sums = np.bincount(people.histories.rows, counted, minlength=len(people))
        totals = sums.astype(np.float32)[people.histories.rows]
        return np.divide(counted, totals, out=np.zeros_like(counted), where=totals > 0)

    def sums(self, people: People, weights: Float32Array, rows: Rows | None = None) -> Float32Array:
        """(len(people), width) the weighted sum of the vectors of each person's history.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            rows: (n_interactions,) which of the history vectors each takes; its item's where not
                given.
        """
        taken = people.histories.items if rows is None else rows
        return summed_rows(self.sources, people, weights, taken)

    def profiles(
        self, people: People, weights: Float32Array, rows: Rows | None = None
    ) -> Float32Array:
        """(len(people), width) as `sums`; NaN for people without a positive weight."""
        profiles = self.sums(people, weights, rows)
        profiles[~able(people, weights)] = np.nan
        return profiles

    def scores(self, profiles: Float32Array) -> Float32Array:
        """How well every item goes with every profile.

        Args:
            profiles: (n, size) float32; NaN for people who cannot be scored.

        Returns:
            (n, n_items) float32; NaN for unknown items and for people who cannot be scored.
        """
        scores = np.empty((len(profiles), len(self.vectors)), dtype=np.float32)
        for part, vectors in self._blocks():
            np.matmul(profiles, vectors.T, out=scores[:, part])
        if self.offsets is not None:
            scores += self.offsets
        return scores

    def _blocks(self) -> Iterator[tuple[slice, Float32Array]]:
        """All vectors as float32; in blocks where they are not."""
        rows = max(1, WHOLE // 4 // max(1, self.vectors.shape[1]))
        if self.vectors.dtype == np.float32:
            rows = max(1, len(self.vectors))
        for first in range(0, len(self.vectors), rows):
            part = slice(first, first + rows)
            yield part, whole(self.vectors[part])

    def score_items(self, profiles: Float32Array, items: Int64Array) -> Float32Array:
        """(n, width) float32: what `scores` gives some items (n, width) of each profile."""
        scores = chosen_products(self.vectors, profiles, items)
        if self.offsets is not None:
            scores += self.offsets.take(items)
        return scores

    def retrieve(self, profiles: Float32Array, k: int) -> Int64Array:
        """(n, k) int64: the items of the highest scores of each profile, best first.

        Exact where there are no more than `EXACT` items, or `EXACT_FOR_MANY` for many people. -1
        fills up; of equal scores the earlier item comes first.
        """
        if self.index and (len(profiles) < MANY or len(self.vectors) > EXACT_FOR_MANY):
            return self._searched(self.index, profiles, k)
        return best_products(whole(self.vectors), self.offsets, profiles, k)

    def _searched(self, index: InvertedFile, profiles: Float32Array, k: int) -> Int64Array:
        """As `retrieve`, by the index and what it lacks."""
        best = np.full((len(profiles), k), -1, dtype=np.int64)
        # it has all that were known when it was made
        later = index.end + np.flatnonzero(self.known[index.end :])
        for row in np.flatnonzero(np.isfinite(profiles).all(axis=1)):
            query = profiles[row] if self.biases is None else np.append(profiles[row], 1)
            found = np.sort(index.search(query.astype(np.float32), SHORTLIST * k))
            items = np.concatenate((found, later))
            scores = self.score_items(profiles[row : row + 1], items[np.newaxis])[0]
            places = best_places(scores, k)
            best[row, : len(places)] = items[places]
        return best

    def reasons(
        self,
        people: People,
        weights: Float32Array,
        items: Int64Array,
        rows: Rows | None = None,
        stretches: Float32Array | None = None,
    ) -> Float32Array:
        """What each interaction adds to some items' products with the weighted sum of a history.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.
            items: (len(people), width) int64.
            rows: see `sums`.
            stretches: (len(people), size) float32, what each person's numbers of the history
                vectors are multiplied by; 1 where not given.

        Returns:
            (n_interactions, width) float32; 0 for unknown items.
        """
        taken = people.histories.items if rows is None else rows
        shares = np.empty((len(taken), items.shape[1]), dtype=np.float32)
        for person, here in enumerate(histories_of(people)):
            sources = gathered(self.sources, taken[here])
            if stretches is not None:
                sources *= stretches[person]
            np.matmul(sources, gathered(self.vectors, items[person]).T, out=shares[here])
        shares *= weights[:, np.newaxis]
        if not self._all_known:
            shares *= self.known[items][people.histories.rows]
        return shares

    def mean_reasons(
        self, people: People, weights: Float32Array, items: Int64Array, rows: Rows | None = None
    ) -> Float32Array:
        """(n_interactions, width) what each interaction adds to scores by its person's mean.

        The shares of a person add up to 1, and so does the bias among them.
        """
        shares = self.shares(people, weights)
        reasons = self.reasons(people, shares, items, rows)
        if self.biases is not None:
            biases = self.biases[items] * self.known[items]
            reasons += shares[:, np.newaxis] * biases[people.histories.rows]
        return reasons

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine of every item's vector with this one's; NaN for unknown items."""
        own = gathered(self.vectors, np.array([item_index]))[0]
        likeness, squares = np.empty((2, len(self.vectors)), dtype=np.float32)
        for part, vectors in self._blocks():
            likeness[part] = vectors @ own
            squares[part] = np.einsum("nk,nk->n", vectors, vectors)
        lengths = np.sqrt(squares) * np.sqrt(squares[item_index])
        np.divide(likeness, lengths, out=likeness, where=lengths > 0)
        return self._of_known(likeness, item_index)

    def scores_after(self, item_index: int) -> Float32Array:
        """(n_items,) the products after a history of one item; NaN for unknown items."""
        row = item_index * (len(self.sources) // len(self.vectors))
        source, likeness = gathered(self.sources, np.array([row])), self.known * np.float32(0)
        for part, vectors in self._blocks():
            likeness[part] = vectors @ source[0]
        return self._of_known(likeness, item_index)

    def _of_known(self, likeness: Float32Array, item_index: int) -> Float32Array:
        likeness[~self.known | ~self.known[item_index]] = np.nan
        return likeness

    def joined(self, others: ItemVectors) -> ItemVectors:
        """These items and then the others."""
        own, theirs = self._parts(), others._parts()
        both = {
            name: np.concatenate((part, theirs[name].astype(part.dtype)))
            for name, part in own.items()
        }
        return ItemVectors(**both, index=self.index)

    def finished(self) -> ItemVectors:
        """These as a state keeps them: in half precision, with an index where they are many."""
        index = None
        if len(self.vectors) > EXACT:
            rows = np.flatnonzero(self.known).astype(np.int32)
            biases = [] if self.biases is None else [self.biases[rows]]
            vectors = np.column_stack((whole(self.vectors)[rows], *biases))
            index = InvertedFile.of(vectors, rows)
        return ItemVectors.of(replace(self, index=index).arrays())

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Named arrays, for a State."""
        arrays = self._parts()
        for name in ("vectors", "history_vectors"):
            if name in arrays:
                arrays[name] = halved(arrays[name])
        return arrays | ({} if self.index is None else self.index.arrays())

    def _parts(self) -> dict[str, npt.NDArray[Any]]:
        """What there is of each item, by the name of the attribute."""
        names = ("vectors", "known", "history_vectors", "biases")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The vectors whose `arrays` were taken; other arrays do not matter."""
        named = {FORMER_ARRAYS.get(name, name): array for name, array in arrays.items()}
        index = InvertedFile.restored(arrays) if "index starts" in arrays else None
        vectors, history = named["vectors"], named.get("history_vectors")
        own = None if history is None else at_hand(history)
        return cls(at_hand(vectors), named["known"], own, named.get("biases"), index)
