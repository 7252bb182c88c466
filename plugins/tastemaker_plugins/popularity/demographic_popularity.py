"""Demographic popularity: what people who declared the same of themselves choose these days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from tastemaker import (
    Float32Array,
    Float64Array,
    Int64Array,
    People,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.popularity.popular import recent_popularity
from tastemaker_plugins.shared.recency import strengths, time_decay_setting
from tastemaker_plugins.shared.terms import Edges, feature_terms, number_edges

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEAST_SHARE = 0.01
"""The share of the mean popularity that every item is given, so that none is impossible; chosen,
not measured."""


@dataclass(frozen=True)
class DemographicPopularitySettings(Settings):
    """The settings of `demographic-popularity`."""

    min_people: int = setting(
        20,
        "Number of people who must declare a value for it to be used.",
        low=2,
        high=10_000,
        formerly=("least_people",),
    )
    max_values: int = setting(
        500,
        "Number of values used at most, the most frequent first.",
        low=1,
        high=100_000,
        log=True,
    )
    prior: float = setting(
        15.0,
        "Prior count added to the observed and to the expected count of every value and item, so "
        "that few interactions make no evidence.",
        low=0.1,
        high=1000.0,
        log=True,
        formerly=("smoothing",),
    )
    evidence_power: float = setting(
        0.5,
        "Power of each value's evidence: below 1, as values repeat each other.",
        low=0.0,
        high=2.0,
        formerly=("trust",),
    )
    time_decay: float = time_decay_setting(2.0)


class DemographicPopularity(Recommender):
    """Naive Bayes over declared features, beside recent popularity.

    With n(v, i) how often people who declared the value v chose item i (at most once each, older
    interactions counting less), p(i) the share of item i in the interactions of everybody, and
    e(v, i) = p(i) * (sum of n(v)) what was to be expected:
    score(u, i) = log r(i) + evidence_power * sum over the values v of u of
    log((n(v, i) + prior) / (e(v, i) + prior)), r being recent popularity.
    A number (an age) stands for the step that it falls in. People without a value that is known
    score NaN; histories make no difference.

    Maron, M. E.: Automatic Indexing: An Experimental Inquiry. Journal of the ACM 8(3), 1961.
    """

    name: ClassVar[str] = "demographic-popularity"
    former_names: ClassVar[tuple[str, ...]] = ("peers",)
    family: ClassVar[str] = "hybrid"
    summary: ClassVar[str] = (
        "What people of the same declared features choose these days (naive Bayes)"
    )
    because: ClassVar[str] = "popular among people like you"
    uses_features: ClassVar[bool] = True
    settings_type: ClassVar[type[Settings]] = DemographicPopularitySettings
    settings: DemographicPopularitySettings
    edges: Edges
    keys: Int64Array
    evidence: Float32Array
    base: Float32Array

    def memory(self, data: TrainingData) -> int:
        """The evidence of every value for every item, and what is counted for it."""
        return 16 * self.settings.max_values * data.n_items if data.people.features else 0

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts what people of each value choose."""
        people, settings = data.people, self.settings
        self.edges = number_edges(people.features)
        rows, terms = self._declared(people)
        found, counts = np.unique(terms, return_counts=True)
        frequent = np.argsort(-counts, kind="stable")[: settings.max_values]
        self.keys = np.sort(found[frequent[counts[frequent] >= settings.min_people]])
        chosen = strengths(people, settings.time_decay)
        shares = np.asarray(chosen.sum(axis=0), dtype=np.float64).ravel()
        known = shares > 0
        self.base = np.full(data.n_items, np.nan, dtype=np.float32)
        self.evidence = np.zeros((len(self.keys), data.n_items), dtype=np.float32)
        if not known.any() or not len(self.keys):
            return self
        recent = recent_popularity(people, 0.0, progress).astype(np.float64)
        self.base[known] = np.log(recent + LEAST_SHARE * recent[known].mean())[known]
        self._count(self._membership(rows, terms, len(people)), chosen, shares / shares.sum())
        return self

    def _count(self, membership: csr_array, chosen: csr_array, shares: Float64Array) -> None:
        """Fills in the evidence of every value."""
        prior = self.settings.prior
        counts = (membership.T @ chosen).tocsr()
        for row, evidence in enumerate(self.evidence):
            own = counts[[row]].toarray().astype(np.float64)[0]
            expected = own.sum() * shares
            evidence[:] = np.log((own + prior) / (expected + prior))

    def _declared(self, people: People) -> tuple[Int64Array, Int64Array]:
        """The values that people declared, each once: (n,) the person and (n,) the term."""
        found = feature_terms(people, self.edges)
        pairs = {(row, term) for row, terms in enumerate(found) for term in terms}
        array = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
        return array[:, 0], array[:, 1]

    def _membership(self, rows: Int64Array, terms: Int64Array, n_people: int) -> csr_array:
        """Sparse (n_people, n_values) float32: 1 where a person declared a known value."""
        from scipy.sparse import csr_array

        places = np.searchsorted(self.keys, terms)
        known = places < len(self.keys)
        known[known] = self.keys[places[known]] == terms[known]
        ones = np.ones(np.count_nonzero(known), dtype=np.float32)
        indptr = np.concatenate(([0], np.cumsum(np.bincount(rows[known], minlength=n_people))))
        return csr_array((ones, places[known], indptr), shape=(n_people, len(self.keys)))

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for people who declared no known value."""
        membership = self._membership(*self._declared(people), len(people))
        scores = np.asarray(membership @ self.evidence, dtype=np.float32)
        scores *= np.float32(self.settings.evidence_power)
        scores += self.base
        scores[np.diff(membership.indptr) == 0] = np.nan
        return scores

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: the same for some items of each person."""
        from scipy.sparse import csr_array

        membership = self._membership(*self._declared(people), len(people))
        counts = np.diff(membership.indptr)
        scores = self.base.take(items)
        if len(membership.indices):
            places = membership.indices.astype(np.int64)[:, np.newaxis] * len(self.base)
            evidence = self.evidence.reshape(-1).take(places + np.repeat(items, counts, axis=0))
            every = np.arange(len(places))
            own = csr_array(
                (membership.data, every, membership.indptr), shape=(len(people), len(places))
            )
            scores += np.float32(self.settings.evidence_power) * (own @ evidence)
        scores[counts == 0] = np.nan
        return scores

    def state(self) -> State:
        """Evidence and popularity; values that people declared are in it as hashes only."""
        known = np.isfinite(self.base)
        arrays: dict[str, npt.NDArray[Any]] = {
            "keys": self.keys,
            "evidence": self.evidence,
            "base": np.where(known, self.base, np.float32(0)),
            "known": known,
        }
        edges: dict[str, Any] = {name: list(borders) for name, borders in self.edges.items()}
        return State(arrays, {"evidence_power": self.settings.evidence_power, "edges": edges})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        values: dict[str, Any] = dict(state.values)
        restored = cls(DemographicPopularitySettings.from_values(values))
        restored.edges = values["edges"]
        restored.keys, restored.evidence = state.arrays["keys"], state.arrays["evidence"]
        restored.base = np.where(state.arrays["known"], state.arrays["base"], np.float32(np.nan))
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `demographic-popularity`."""
    register(DemographicPopularity)
