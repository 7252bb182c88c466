"""NMF: items as sums of themes, people as how much of each theme they like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
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
from tastemaker_plugins.factors.nonnegative import Nonnegative
from tastemaker_plugins.factors.popularity_damping import (
    FORMER_STATE_NAMES,
    DampingSettings,
    damped,
    powers,
    relative_popularity,
)
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.recency import recency, strengths
from tastemaker_plugins.shared.vector_recommender import VectorRecommender
from tastemaker_plugins.shared.vector_search import able

if TYPE_CHECKING:
    from scipy.sparse import csr_array

HALF_STEPS = 6
"""Steps towards the best themes, or people, before the other side is fitted again; chosen, not
measured."""

FOLD_IN_STEPS = 30
"""Steps that fold a history in; chosen, not measured."""

THEME_RIDGE, LEAST_THEME_RIDGE = 1e-3, 1e-6
"""Keep themes apart that the same people like: a share of the mean, and something at least.
Chosen, not measured."""


@dataclass(frozen=True)
class NmfSettings(DampingSettings):
    """The settings of `nmf`."""

    factors: int = setting(
        64, "Number of latent factors (themes).", low=1, high=1000, log=True, formerly=("rank",)
    )
    epochs: int = setting(
        25, "Number of epochs: themes and people are fitted in turn.", low=1, high=500
    )
    regularization: float = setting(
        0.5, "How strongly a person's factors are held back.", low=0.01, high=10.0, log=True
    )


class Nmf(VectorRecommender):
    """Non-negative factorisation of who chose what; a history is folded in without negatives.

    X (people x items, older interactions counting less, a row divided by the fourth root of its
    sum, a column by n ** d, n being its sum over the mean of those sums and d the
    `popularity_damping`) is near W H with W, H >= 0 and rows of H of length 1. With
    x(j) = recency(j) n(j) ** -d of a history, p >= 0 makes |x - p H| ** 2 + lambda |p| ** 2
    smallest, and score(u, i) = n(i) ** b * p . H(i), b being the `popularity_boost`.

    Lee, D., Seung, S.: Learning the parts of objects by non-negative matrix factorization. Nature
    401, 1999.
    """

    name: ClassVar[str] = "nmf"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Non-negative matrix factorisation, popularity damped"
    settings_type: ClassVar[type[Settings]] = NmfSettings
    settings: NmfSettings
    history_weights: Float32Array
    gram: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Fits people and themes in turn."""
        damping, boost = self.settings.popularity_damping, self.settings.popularity_boost
        matrix = strengths(data.people, self.settings.time_decay)
        popularity = relative_popularity(matrix)
        themes = self._themes(damped(matrix, popularity, damping), data.seed, progress)
        boosted = themes * powers(popularity, boost)[:, np.newaxis]
        history_weights = powers(popularity, -boost - damping)
        items = ItemVectors(boosted, popularity > 0).finished()
        self._take(items, history_weights, self._gram(themes))
        return self

    def _themes(self, matrix: csr_array, seed: int, progress: Progress) -> Float32Array:
        """(n_items, k) what each item has of each theme; only themes that somebody likes."""
        epochs, turned = self.settings.epochs, matrix.T.tocsr()
        shape = (matrix.shape[1], self.settings.factors)
        themes = of_length_one(np.random.default_rng(seed).random(shape, dtype=np.float32))
        likings = np.zeros((matrix.shape[0], shape[1]), dtype=np.float32)
        for epoch in range(epochs):
            progress(epoch, epochs, "epochs")
            solver = Nonnegative(self._gram(themes))
            likings = solver.solve(matrix @ themes, likings, HALF_STEPS)
            gram = likings.T @ likings
            ridge = np.float32(THEME_RIDGE * gram.trace() + LEAST_THEME_RIDGE)
            gram += np.eye(len(gram), dtype=np.float32) * ridge
            themes = of_length_one(Nonnegative(gram).solve(turned @ likings, themes, HALF_STEPS))
        progress(epochs, epochs, "epochs")
        return np.ascontiguousarray(themes[:, themes.any(axis=0)])

    def _gram(self, themes: Float32Array) -> Float32Array:
        """(k, k) the products of the themes, and the regularization on its diagonal."""
        gram = themes.T @ themes
        return gram + np.eye(len(gram), dtype=np.float32) * np.float32(self.settings.regularization)

    def _take(self, items: ItemVectors, history_weights: Float32Array, gram: Float32Array) -> None:
        self.items, self.history_weights, self.gram = items, history_weights, gram
        self._solver = Nonnegative(gram)

    def _weights(self, people: People) -> Float32Array:
        """(n_interactions,) what each interaction counts."""
        own = self.history_weights[people.histories.items]
        return self.items.counted(people, recency(people, self.settings.half_life) * own)

    def profiles(self, people: People) -> Float32Array:
        """(len(people), k) float32: how much each likes each theme; NaN for empty histories."""
        weights = self._weights(people)
        likings = self._likings(self.items.sums(people, weights))
        likings[~able(people, weights)] = np.nan
        return likings

    def _likings(self, wanted: Float32Array) -> Float32Array:
        """(n, k) how much of each theme is in what the histories sum up to."""
        return self._solver.solve(wanted, np.zeros_like(wanted), FOLD_IN_STEPS)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the score of some items.

        What a theme adds is shared among the interactions by what each has of the theme.
        """
        weights = self._weights(people)
        wanted = self.items.sums(people, weights)
        likings = self._likings(wanted)
        np.divide(likings, wanted, out=likings, where=wanted > 0)
        return self.items.reasons(people, weights, items, stretches=likings)

    def memory(self, data: TrainingData) -> int:
        """Bytes that `fit` takes at most, besides the data."""
        dense = 6 * (len(data.people) + data.n_items) * self.settings.factors * 4
        return dense + 60 * len(data.people.histories.items)

    def state(self) -> State:
        """The items' themes, their weights in a history, and what folding in needs."""
        arrays = {
            **self.items.arrays(),
            "history_weights": self.history_weights,
            "gram": self.gram,
        }
        return State(arrays, {"half_life": self.settings.half_life})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        state = state.renamed(FORMER_STATE_NAMES)
        restored = cls(NmfSettings.from_values(state.values))
        items = ItemVectors.of(state.arrays)
        restored._take(items, state.arrays["history_weights"], state.arrays["gram"])
        return restored


def of_length_one(themes: Float32Array) -> Float32Array:
    """Each column divided by its length; a column of zeros stays."""
    lengths = np.linalg.norm(themes, axis=0)
    result = np.zeros_like(themes)
    np.divide(themes, lengths, out=result, where=lengths > 0)
    return result


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `nmf`."""
    register(Nmf)
