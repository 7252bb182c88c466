"""SVD over who chose what and over the terms of items, so that new items have a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from tastemaker import (
    BoolArray,
    Float32Array,
    Items,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.factors.popularity_damping import (
    FORMER_STATE_NAMES,
    damped,
    relative_popularity,
    scaled,
)
from tastemaker_plugins.factors.svd import Svd, SvdSettings, damped_directions
from tastemaker_plugins.shared.half_precision import Vectors, halved, whole
from tastemaker_plugins.shared.recency import strengths
from tastemaker_plugins.shared.term_vectors import TermVectors
from tastemaker_plugins.shared.truncated_svd import SPARE

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PLACE_PENALTY = 0.1
"""How strongly an item's place by its terms is drawn to 0; chosen, not measured."""

SHARED = 2
"""How many items must have a term: one that no other has relates its item to none."""

COMMON_RARITY = 0.1
"""The rarity of a term that all items have: next to nothing. Chosen, not measured."""

LEAST_PENALTY = 1e-12
"""Keeps the place of items without a known term at 0."""


@dataclass(frozen=True)
class SvdFeaturesSettings(SvdSettings):
    """The settings of `svd-features`."""

    term_weight: float = setting(
        0.3,
        "Weight of all items' terms together, as a multiple of all interactions.",
        low=0.001,
        high=100.0,
        log=True,
        formerly=("say",),
    )
    max_terms: int = setting(
        20_000,
        "Number of terms kept at most, the most frequent first.",
        low=10,
        high=1_000_000,
        log=True,
    )


class SvdFeatures(Svd):
    """Truncated SVD of people and terms over items; items that nobody chose are placed by terms.

    X is as for `svd`; below it stand the items' terms as further rows, F' w (words, pairs of words,
    attribute values and steps of numbers; an item's add up to length 1). With V the directions of
    both, L = w F'V is what each term has of each; an item of terms f that nobody chose has the
    place v that makes |w f - L v| ** 2 + lambda |v| ** 2 smallest, and the popularity of a median
    item. Scores are then those of `svd`.

    Deerwester, S. et al.: Indexing by Latent Semantic Analysis. JASIS 41(6), 1990. Cremonesi, P.,
    Koren, Y., Turrin, R.: Performance of Recommender Algorithms on Top-N Recommendation Tasks.
    RecSys 2010.
    """

    name: ClassVar[str] = "svd-features"
    family: ClassVar[str] = "hybrid"
    summary: ClassVar[str] = (
        "Truncated SVD of interactions and item terms together, which scores new items too"
    )
    settings_type: ClassVar[type[Settings]] = SvdFeaturesSettings
    settings: SvdFeaturesSettings
    terms: TermVectors
    places: Vectors
    median_popularity: float

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the directions, and each term's place in them."""
        from scipy.sparse import csr_array, vstack

        progress(0, 2, "terms")
        self.terms, described = TermVectors.fitted(
            data.items, self.settings.max_terms, SHARED, COMMON_RARITY
        )
        progress(1, 2, "directions")
        matrix = strengths(data.people, self.settings.time_decay)
        popularity = relative_popularity(matrix)
        rest = damped(matrix, popularity, self.settings.popularity_damping)
        chosen = popularity > 0
        term_rows = self._term_rows(described, rest, chosen)
        size = (self.settings.factors, self.settings.regularization)
        both = csr_array(vstack([rest, term_rows], format="csr", dtype=np.float32))
        directions, lengths = damped_directions(both, *size, data.seed)
        vectors, places = directions * lengths, _regression(term_rows @ directions) * lengths
        self.places = places * _fitted_scale(described[chosen] @ places, vectors[chosen])
        self.median_popularity = float(np.median(popularity[chosen])) if chosen.any() else 1.0
        self._place(vectors, popularity, described)
        self.items = self.items.finished()
        progress(2, 2, "directions")
        return self

    def _term_rows(self, described: csr_array, rest: csr_array, chosen: BoolArray) -> csr_array:
        """Sparse (n_terms, n_items) float32: the terms' rows, to stand below the people's.

        Items that nobody chose are left out of them: that nothing is known of these does not mean
        that people do not want them.
        """
        from scipy.sparse import csr_array

        entries = np.diff(described.indptr).astype(bool) & chosen
        total = self.settings.term_weight * float(rest.data @ rest.data)
        weight = np.sqrt(total / max(1, int(entries.sum())))
        rows = (chosen * weight).astype(np.float32)
        kept = scaled(described, rows, np.ones(described.shape[1], dtype=np.float32)).copy()
        kept.eliminate_zeros()
        return csr_array(kept.T.tocsr())

    def _place(self, vectors: Float32Array, popularity: Float32Array, described: csr_array) -> None:
        """Gives items that nobody chose the place of their terms."""
        unplaced = (popularity == 0) & (np.diff(described.indptr) > 0)
        vectors[unplaced] = described[unplaced] @ whole(self.places)
        self._take(vectors, np.where(unplaced, np.float32(self.median_popularity), popularity))

    def extend(self, items: Items) -> None:
        """Gives the items added since training the place of their terms."""
        before, history_weights = self.items, self.history_weights
        described = self.terms.of(items)
        empty = np.zeros((len(items), self.places.shape[1]), dtype=np.float32)
        self._place(empty, np.zeros(len(items), dtype=np.float32), described)
        self.items = before.joined(self.items)
        self.history_weights = np.concatenate((history_weights, self.history_weights))

    def memory(self, data: TrainingData) -> int:
        """Bytes that `fit` takes at most, besides the data."""
        width = (self.settings.factors + SPARE) * 4
        letters = sum(map(len, (*data.items.titles, *data.items.texts)))
        # a word and the pair it begins are some six letters, and a hundred bytes each
        return (
            super().memory(data)
            + self.settings.max_terms * width
            + 35 * letters
            + 2_000 * data.n_items
        )

    def state(self) -> State:
        """The items' vectors, their weights in a history, and the terms and their places."""
        vectors, terms = super().state(), self.terms.state()
        values: dict[str, Any] = {
            **vectors.values,
            **terms.values,
            "median_popularity": self.median_popularity,
            "popularity_damping": self.settings.popularity_damping,
            "popularity_boost": self.settings.popularity_boost,
        }
        return State({**vectors.arrays, **terms.arrays, "places": halved(self.places)}, values)

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        state = state.renamed({**FORMER_STATE_NAMES, "middling": "median_popularity"})
        restored = super().restore(state)
        restored.terms = TermVectors.restored(state)
        restored.median_popularity = float(str(state.values["median_popularity"]))
        restored.places = state.arrays["places"]
        return restored


def _regression(loadings: Float32Array) -> Float32Array:
    """(n_terms, k) what to multiply terms by to find the place that they predict.

    Args:
        loadings: (n_terms, k) float32, what each term has of each direction.
    """
    gram = (loadings.T @ loadings).astype(np.float64)
    penalty = PLACE_PENALTY * np.trace(gram) / max(1, len(gram)) + LEAST_PENALTY
    inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
    return np.asarray(loadings @ inverse, dtype=np.float32)


def _fitted_scale(guessed: Float32Array, true: Float32Array) -> np.float32:
    """What to multiply guessed vectors by, so that they come nearest to the true ones.

    Without it, items placed by their terms would push out those that people chose, or hide.
    """
    size = float(np.vdot(guessed, guessed))
    return np.float32(max(0.0, float(np.vdot(guessed, true)) / size) if size > 0 else 0.0)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `svd-features`."""
    register(SvdFeatures)
