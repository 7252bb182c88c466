"""SVD: histories projected on the directions that most of what people chose lies in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from tastemaker_plugins.factors.popularity_damping import (
    FORMER_STATE_NAMES,
    DampingSettings,
    damped,
    powers,
    relative_popularity,
)
from tastemaker_plugins.shared.item_vectors import ItemVectors
from tastemaker_plugins.shared.recency import recency, strengths
from tastemaker_plugins.shared.truncated_svd import SPARE, truncated_svd
from tastemaker_plugins.shared.vector_recommender import VectorRecommender

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class SvdSettings(DampingSettings):
    """The settings of `svd`."""

    factors: int = setting(
        96, "Number of latent factors.", low=1, high=1000, log=True, formerly=("rank",)
    )
    regularization: float = setting(
        10.0,
        "How strongly weak directions are damped, as a multiple of the mean square of an item.",
        low=0.1,
        high=1000.0,
        log=True,
    )


class Svd(VectorRecommender):
    """Truncated SVD of who chose what, weak directions damped; a history is projected on it.

    With X (people x items, older interactions counting less, a row divided by the fourth root of
    its sum), n(i) the sum of column i over the mean of those sums, d the `popularity_damping`, b
    the `popularity_boost`, X n ** -d = U S V' and f = S ** 2 / (S ** 2 + lambda):
    score(u, i) = n(i) ** b * sum over the history j of recency(j) n(j) ** -d (V(j) f . V(i)).

    Cremonesi, P., Koren, Y., Turrin, R.: Performance of Recommender Algorithms on Top-N
    Recommendation Tasks. RecSys 2010. Nikolakopoulos, A. et al.: EigenRec. KAIS 58(1), 2019.
    """

    name: ClassVar[str] = "svd"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Matrix factorisation by truncated SVD, popularity damped"
    settings_type: ClassVar[type[Settings]] = SvdSettings
    # without times there is more to tell apart; what comes next follows fewer directions
    alternatives: ClassVar[Sequence[Mapping[str, float]]] = ({"factors": 512},)
    settings: SvdSettings
    history_weights: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the directions."""
        progress(0, 1, "directions")
        self._learn(data)
        self.items = self.items.finished()
        progress(1, 1, "directions")
        return self

    def _learn(self, data: TrainingData) -> None:
        """Sets the items' vectors and weights."""
        matrix = strengths(data.people, self.settings.time_decay)
        popularity = relative_popularity(matrix)
        rest = damped(matrix, popularity, self.settings.popularity_damping)
        size = (self.settings.factors, self.settings.regularization)
        directions, lengths = damped_directions(rest, *size, data.seed)
        self._take(directions * lengths, popularity)

    def _take(self, vectors: Float32Array, popularity: Float32Array) -> None:
        """Puts popularity into the vectors, and takes it out of the weights of a history."""
        damping, boost = self.settings.popularity_damping, self.settings.popularity_boost
        boosted = vectors * powers(popularity, boost)[:, np.newaxis]
        self.items = ItemVectors(boosted, popularity > 0)
        self.history_weights = powers(popularity, -boost - damping)

    def _weights(self, people: People) -> Float32Array:
        """(n_interactions,) what each interaction counts."""
        own = self.history_weights[people.histories.items]
        return self.items.counted(people, recency(people, self.settings.half_life) * own)

    def profiles(self, people: People) -> Float32Array:
        """(len(people), factors) float32: the projection of each history; NaN for empty ones."""
        return self.items.profiles(people, self._weights(people))

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the score of some items."""
        return self.items.reasons(people, self._weights(people), items)

    def memory(self, data: TrainingData) -> int:
        """Bytes that `fit` takes at most, besides the data."""
        people = data.people
        dense = (len(people) + 4 * data.n_items) * (self.settings.factors + SPARE) * 4
        return dense + 60 * len(people.histories.items)

    def state(self) -> State:
        """The items' vectors, their weights in a history, and the half-life."""
        arrays = {**self.items.arrays(), "history_weights": self.history_weights}
        return State(arrays, {"half_life": self.settings.half_life})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        state = state.renamed(FORMER_STATE_NAMES)
        restored = cls(cls.settings_type.from_values(state.values))
        restored.items = ItemVectors.of(state.arrays)
        restored.history_weights = state.arrays["history_weights"]
        return restored


def damped_directions(
    matrix: csr_array, factors: int, regularization: float, seed: int
) -> tuple[Float32Array, Float32Array]:
    """The strongest directions of a matrix, and the lengths that damp the weak ones.

    Products of the directions made that long are what ridge regression of the matrix on itself
    gives, but for the weaker directions: with singular values s,
    V diag(s ** 2 / (s ** 2 + lambda)) V'.

    Args:
        matrix: sparse (n_rows, n_items) float32.
        factors: how many directions at most.
        regularization: lambda, as a multiple of the mean sum of squares of an item.
        seed: of what is random.

    Returns:
        (n_items, k) float32 of length 1, and (k,) float32.
    """
    values, directions = truncated_svd(matrix, factors, seed)
    squares = values.astype(np.float64) ** 2
    chosen = max(1, len(np.unique(matrix.indices)))
    penalty = regularization * float(matrix.data @ matrix.data) / chosen
    return directions, np.sqrt(squares / (squares + penalty)).astype(np.float32)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `svd`."""
    register(Svd)
