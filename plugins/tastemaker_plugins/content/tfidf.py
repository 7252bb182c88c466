"""TF-IDF: items whose words and attributes are like those of a person's history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
    Int32Array,
    Items,
    People,
    Progress,
    Recommender,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.content.term_neighbours import (
    extended_links,
    having_terms,
    nearest_by_terms,
)
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.recency import HistorySettings, half_life_setting
from tastemaker_plugins.shared.term_vectors import TermVectors

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class TfidfSettings(HistorySettings):
    """The settings of `tfidf`."""

    half_life: float = half_life_setting(10.0)
    neighbours: int = setting(
        50, "Number of neighbours kept of each item.", low=1, high=1000, log=True
    )
    max_terms: int = setting(
        200_000,
        "Number of terms kept at most, the most frequent first.",
        low=100,
        high=5_000_000,
        log=True,
    )


class Tfidf(Linked):
    """TF-IDF: the items whose terms are most like those of the history's items.

    With the vectors v of `TermVectors`, of length 1, and N(j) the nearest items of j:
    score(u, i) = sum over the history j of recency(j) v(j) . v(i) where i is in N(j), divided by
    the sum of recency. Items added later are scored as well. An item without terms scores NaN.

    Salton, G., Buckley, C.: Term-weighting approaches in automatic text retrieval. IPM 24(5), 1988.
    """

    name: ClassVar[str] = "tfidf"
    family: ClassVar[str] = "content"
    summary: ClassVar[str] = "Items with words and attributes like those of the history (TF-IDF)"
    settings_type: ClassVar[type[HistorySettings]] = TfidfSettings
    settings: TfidfSettings
    links: Links
    terms: TermVectors
    parts: tuple[Float32Array, Int32Array, Int32Array]

    @property
    def vectors(self) -> csr_array:
        """Sparse (n_items, n_terms) float32: the items' vectors.

        Made when looked at: an answer needs the links alone, and a web worker does not load SciPy.
        """
        from scipy.sparse import csr_array

        shape = (len(self.parts[2]) - 1, len(self.terms.vocabulary))
        return csr_array(self.parts, shape=shape)

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns the terms and how rare they are, and finds each item's nearest items."""
        progress(0, 1, "terms")
        self.terms, vectors = TermVectors.fitted(data.items, self.settings.max_terms)
        self.parts = (vectors.data, vectors.indices, vectors.indptr)
        best = nearest_by_terms(vectors, self.settings.neighbours, progress)
        self.links = Links.kept(*best, having_terms(vectors))
        progress(1, 1, "nearest items")
        return self

    def extend(self, items: Items) -> None:
        """Gives the items added since training a vector each, and links from and to others."""
        from scipy.sparse import csr_array, vstack

        added = self.terms.of(items)
        vectors = csr_array(vstack([self.vectors, added], format="csr", dtype=np.float32))
        self.parts = (vectors.data, vectors.indices, vectors.indptr)
        self.links = extended_links(self.links, vectors, self.settings.neighbours)

    def _recency(self, people: People) -> Float32Array:
        """(n_interactions,) the share of each interaction among those whose item has terms."""
        weights = super()._recency(people) * self.links.known.take(people.histories.items)
        rows = people.histories.rows
        totals = np.bincount(rows, weights, minlength=len(people)).astype(np.float32)[rows]
        return np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine between the item's terms and those of every item."""
        vectors = self.vectors
        vector = np.zeros(vectors.shape[1], dtype=np.float32)
        part = slice(*vectors.indptr[item_index : item_index + 2])
        vector[vectors.indices[part]] = vectors.data[part]
        likeness = np.asarray(vectors @ vector, dtype=np.float32)
        known = having_terms(vectors)
        likeness[~known | ~known[item_index]] = np.nan
        return likeness

    def state(self) -> State:
        """The links, the terms, the items' vectors, and the settings that scoring needs."""
        links, terms = super().state(), self.terms.state()
        arrays = dict(zip(("data", "indices", "indptr"), self.parts, strict=True))
        values = {**links.values, **terms.values, "neighbours": self.settings.neighbours}
        return State({**links.arrays, **terms.arrays, **arrays}, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(TfidfSettings.from_values(state.values))
        restored.terms = TermVectors.restored(state)
        data, indices, indptr = (state.arrays[name] for name in ("data", "indices", "indptr"))
        restored.parts = (data, indices, indptr)
        if "known" in state.arrays:
            restored.links = Links.restored(state)
        else:  # of a release from before there were links; in float32, as it scored then
            vectors = restored.vectors
            items, weights = nearest_by_terms(
                vectors, restored.settings.neighbours, _report_nothing
            )
            known = having_terms(vectors)
            restored.links = Links(items[known], weights[known], known)
        return restored


def _report_nothing(done: int, total: int, what: str = "") -> None:
    """Reports nothing."""


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `tfidf`."""
    register(Tfidf)
