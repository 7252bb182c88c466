"""TF-IDF: items whose words and attributes are like those of a person's history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_array, vstack

from tastemaker import (
    Float32Array,
    Items,
    People,
    Progress,
    Recommender,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.shared.recency import HistorySettings, half_life_setting, recency
from tastemaker_plugins.shared.term_vectors import TermVectors

PROFILES = 256
"""People scored at once: bounds the memory."""


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
    terms: TermVectors
    vectors: csr_array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns the terms and how rare they are."""
        progress(0, 1, "terms")
        self.terms, self.vectors = TermVectors.fitted(data.items, self.settings.max_terms)
        progress(1, 1, "terms")
        return self

    def extend(self, items: Items) -> None:
        """Gives the items added since training a vector each."""
        added = self.terms.of(items)
        self.vectors = csr_array(vstack([self.vectors, added], format="csr", dtype=np.float32))

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for items without terms and empty histories."""
        weights = self._weights(people)
        scores = np.empty((len(people), self.vectors.shape[0]), dtype=np.float32)
        for first in range(0, len(people), PROFILES):
            last = min(first + PROFILES, len(people))
            scores[first:last] = (self.vectors @ self._profiles(people, weights, first, last)).T
        described = np.diff(self.vectors.indptr) > 0
        scores[:, ~described] = np.nan
        scores[_totals(people, weights) == 0] = np.nan
        return scores

    def _weights(self, people: People) -> Float32Array:
        """(n_interactions,) the share of each interaction among those whose item has terms."""
        described = np.diff(self.vectors.indptr) > 0
        weights = recency(people, self.settings.half_life) * described[people.histories.items]
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

    def reasons(self, people: People, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the item's score."""
        shares: Float32Array = self._likeness(item_index)[people.histories.items]
        return shares * self._weights(people)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine between the item's terms and those of every item."""
        likeness = self._likeness(item_index)
        described = np.diff(self.vectors.indptr) > 0
        likeness[~described | ~described[item_index]] = np.nan
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
        restored = cls(TfidfSettings.from_values(state.values))
        restored.terms = TermVectors.restored(state)
        parts = tuple(state.arrays[name] for name in ("data", "indices", "indptr"))
        shape = (len(parts[2]) - 1, len(restored.terms.vocabulary))
        restored.vectors = csr_array(parts, shape=shape)
        return restored


def _totals(people: People, weights: Float32Array) -> Float32Array:
    totals = np.bincount(people.histories.rows, weights, minlength=len(people))
    return totals.astype(np.float32)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `tfidf`."""
    register(Tfidf)
