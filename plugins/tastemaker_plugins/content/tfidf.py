"""TF-IDF: items whose words and attributes are like those of a person's history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from tastemaker import (
    BoolArray,
    Float32Array,
    Int64Array,
    Items,
    People,
    Progress,
    Recommender,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.content.term_rows import TermRows, likeness_between, scores_between
from tastemaker_plugins.content.term_sums import TermIndex
from tastemaker_plugins.shared.blocks import blocks
from tastemaker_plugins.shared.recency import HistorySettings, half_life_setting, recency
from tastemaker_plugins.shared.term_vectors import TermVectors
from tastemaker_plugins.shared.vector_search import best_places

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PROFILES = 256
"""People scored at once: bounds the memory."""

TABLE_PEOPLE = 16
TABLE_INTERACTIONS = 512
"""People of whom some items are scored at once, and their interactions: what the processor's cache
holds of their terms. Chosen, not measured."""


@dataclass(frozen=True)
class TfidfSettings(HistorySettings):
    """The settings of `tfidf`."""

    half_life: float = half_life_setting(10.0)
    max_terms: int = setting(
        200_000,
        "Number of terms kept at most, the most frequent first.",
        low=100,
        high=5_000_000,
        log=True,
    )


class Tfidf(Recommender):
    """TF-IDF: cosine between an item's terms and those of the history's items.

    With the vectors v of `TermVectors`, of length 1:
    score(u, i) = sum over the history j of recency(j) v(j) . v(i), divided by the sum of recency.
    Items added later are scored as well. An item without terms scores NaN.

    Salton, G., Buckley, C.: Term-weighting approaches in automatic text retrieval. IPM 24(5), 1988.
    """

    name: ClassVar[str] = "tfidf"
    family: ClassVar[str] = "content"
    summary: ClassVar[str] = "Items with words and attributes like those of the history (TF-IDF)"
    settings_type: ClassVar[type[HistorySettings]] = TfidfSettings
    settings: TfidfSettings
    retrieve_cost: ClassVar[float] = 10.0
    terms: TermVectors
    vectors: csr_array
    index: TermIndex
    described: BoolArray

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns the terms and how rare they are."""
        progress(0, 1, "terms")
        self.terms, vectors = TermVectors.fitted(data.items, self.settings.max_terms)
        self._take(vectors)
        progress(1, 1, "terms")
        return self

    def extend(self, items: Items) -> None:
        """Gives the items added since training a vector each."""
        from scipy.sparse import csr_array, vstack

        added = self.terms.of(items)
        self._take(csr_array(vstack([self.vectors, added], format="csr", dtype=np.float32)))

    def _take(self, vectors: csr_array) -> None:
        self.vectors, self.index = vectors, TermIndex(vectors)
        self.described = np.diff(vectors.indptr) > 0

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for items without terms and empty histories."""
        weights = self._weights(people)
        scores = np.empty((len(people), self.vectors.shape[0]), dtype=np.float32)
        for first in range(0, len(people), PROFILES):
            last = min(first + PROFILES, len(people))
            scores[first:last] = (self.vectors @ self._profiles(people, weights, first, last)).T
        scores[:, ~self.described] = np.nan
        scores[_totals(people, weights) == 0] = np.nan
        return scores

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: the same for some items of each person."""
        if len(people) == 1:
            return self._scores_of_one(people).take(items)
        if self.index.is_small:
            return np.take_along_axis(self.score(people), items, axis=1)
        weights = self._weights(people)
        scores = np.empty(items.shape, dtype=np.float32)
        for first, last, part in _blocks(people):
            scores[first:last] = scores_between(
                self._stored(people.histories.items[part]),
                weights[part],
                people.histories.rows[part] - first,
                self._stored(items[first:last].ravel()),
                items[first:last].shape,
            )
        scores[~self.described.take(items)] = np.nan
        scores[_totals(people, weights) == 0] = np.nan
        return scores

    def _scores_of_one(self, people: People) -> Float32Array:
        """(n_items,) float32 one person's scores of all items, made once."""
        return people.once((self, self.index), lambda: self._summed(people))

    def _summed(self, people: People) -> Float32Array:
        weights = self._weights(people)
        if not weights.any():
            return np.full(len(self.described), np.nan, dtype=np.float32)
        sums = self.index.sums(people.histories.items, weights)
        sums[~self.described] = np.nan
        return sums

    def retrieve(self, people: People, k: int) -> Int64Array:
        """(len(people), k) int64: the items that share terms with the history, best first."""
        best = np.full((len(people), k), -1, dtype=np.int64)
        for person in range(len(people)):
            alone = people if len(people) == 1 else people.select(np.array([person]))
            scores = self._scores_of_one(alone)
            (items,) = (scores > 0).nonzero()
            found = items[best_places(scores.take(items), k)]
            best[person, : len(found)] = found
        return best

    def _weights(self, people: People) -> Float32Array:
        """(n_interactions,) the share of each interaction among those whose item has terms."""
        described = self.described.take(people.histories.items)
        weights = recency(people, self.settings.half_life) * described
        if len(people) == 1:
            total = weights.sum()
            return weights / total if total > 0 else weights
        totals = _totals(people, weights)[people.histories.rows]
        return np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)

    def _profiles(
        self, people: People, weights: Float32Array, first: int, last: int
    ) -> Float32Array:
        """(n_terms, last - first) the mean vector of each person's history."""
        histories, n_items = people.histories, self.vectors.shape[0]
        part = slice(histories.indptr[first], histories.indptr[last])
        cells = histories.items[part] * np.int64(last - first) + (histories.rows[part] - first)
        shares = np.bincount(cells, weights[part], minlength=n_items * (last - first))
        return np.asarray(self.vectors.T @ shares.astype(np.float32).reshape(n_items, -1))

    def _stored(self, items: npt.NDArray[Any]) -> TermRows:
        return TermRows.of(self.vectors, items)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the items' scores."""
        shares = np.empty((len(people.histories.items), items.shape[1]), dtype=np.float32)
        for first, last, part in _blocks(people):
            shares[part] = likeness_between(
                self._stored(people.histories.items[part]),
                people.histories.rows[part] - first,
                self._stored(items[first:last].ravel()),
                items[first:last].shape,
            )
        return shares * self._weights(people)[:, np.newaxis]

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine between the item's terms and those of every item."""
        likeness = self._likeness(item_index)
        likeness[~self.described | ~self.described[item_index]] = np.nan
        return likeness

    def _likeness(self, item_index: int) -> Float32Array:
        vector = np.zeros(self.vectors.shape[1], dtype=np.float32)
        part = slice(*self.vectors.indptr[item_index : item_index + 2])
        vector[self.vectors.indices[part]] = self.vectors.data[part]
        return np.asarray(self.vectors @ vector, dtype=np.float32)

    def state(self) -> State:
        """The terms, the items' vectors, and the half-life."""
        terms, vectors = self.terms.state(), self.vectors
        arrays = {"indptr": vectors.indptr, "indices": vectors.indices, "data": vectors.data}
        values = {"half_life": self.settings.half_life}
        return State({**terms.arrays, **arrays}, {**terms.values, **values})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        from scipy.sparse import csr_array

        restored = cls(TfidfSettings.from_values(state.values))
        restored.terms = TermVectors.restored(state)
        parts = tuple(state.arrays[name] for name in ("data", "indices", "indptr"))
        shape = (len(parts[2]) - 1, len(restored.terms.vocabulary))
        restored._take(csr_array(parts, shape=shape))
        return restored


def _blocks(people: People) -> Iterator[tuple[int, int, slice]]:
    """People whose terms stand in one table: the first, the one after the last, interactions."""
    starts = people.histories.indptr
    for first, last in blocks(starts, TABLE_PEOPLE, TABLE_INTERACTIONS):
        yield first, last, slice(starts[first], starts[last])


def _totals(people: People, weights: Float32Array) -> Float32Array:
    totals = np.bincount(people.histories.rows, weights, minlength=len(people))
    return totals.astype(np.float32)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `tfidf`."""
    register(Tfidf)
