"""SVD: histories projected on the directions that most of what people chose lies in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
    People,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.factors.item_vectors import (
    SPARE,
    EvenedSettings,
    ItemVectors,
    able,
    by_activity,
    damped_directions,
    popularity,
    power,
    scaled,
)
from tastemaker_plugins.shared.recency import half_life_of, recency, strengths


@dataclass(frozen=True)
class SvdSettings(EvenedSettings):
    """The settings of `svd`."""

    rank: int = setting(96, "Directions kept.", low=1, high=1000, log=True)
    regularization: float = setting(
        10.0,
        "How much to distrust weak directions, as a multiple of the mean square of an item.",
        low=0.1,
        high=1000.0,
        log=True,
    )


class Svd(Recommender):
    """Truncated SVD of who chose what, weak directions damped; a history is projected on it.

    With X (people x items, older interactions counting less, a row divided by the fourth root of
    its sum), n(i) the sum of column i over the mean of those sums, e the `evening`, c the `crowd`,
    X n ** -e = U S V' and f = S ** 2 / (S ** 2 + lambda):
    score(u, i) = n(i) ** c * sum over the history j of recency(j) n(j) ** -e (V(j) f . V(i)).

    Cremonesi, P., Koren, Y., Turrin, R.: Performance of Recommender Algorithms on Top-N
    Recommendation Tasks. RecSys 2010. Nikolakopoulos, A. et al.: EigenRec. KAIS 58(1), 2019.
    """

    name: ClassVar[str] = "svd"
    family: ClassVar[str] = "collaborative"
    settings_type: ClassVar[type[Settings]] = SvdSettings
    settings: SvdSettings
    items: ItemVectors
    voices: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the directions."""
        progress(0, 1, "directions")
        matrix = strengths(data.people, self.settings.fading)
        crowds = popularity(matrix)
        evened = scaled(matrix, by_activity(matrix), power(crowds, -self.settings.evening))
        size = (self.settings.rank, self.settings.regularization)
        directions, lengths = damped_directions(evened, *size, data.seed)
        self._take(directions * lengths, crowds)
        progress(1, 1, "directions")
        return self

    def _take(self, vectors: Float32Array, crowds: Float32Array) -> None:
        """Puts popularity into the vectors, and takes it out of what the history says."""
        loud = power(crowds, self.settings.crowd)[:, np.newaxis]
        self.items = ItemVectors(vectors * loud, crowds > 0)
        self.voices = power(crowds, -self.settings.crowd - self.settings.evening)

    def _weights(self, people: People) -> Float32Array:
        """(n_interactions,) what each interaction counts."""
        weights = recency(people, self.settings.half_life) * self.voices[people.histories.items]
        return self.items.counted(people, weights)

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for items nobody chose and empty histories."""
        weights = self._weights(people)
        return self.items.scores(self.items.sums(people, weights), able(people, weights))

    def reasons(self, people: People, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the item's score."""
        vectors = self.items.vectors
        shares: Float32Array = (vectors @ vectors[item_index])[people.histories.items]
        shares *= self._weights(people) * self.items.known[item_index]
        return shares

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine of the items' vectors."""
        return self.items.similar(item_index)

    def memory(self, data: TrainingData) -> int:
        """Bytes that `fit` takes at most, besides the data."""
        people = data.people
        dense = (len(people) + 4 * data.n_items) * (self.settings.rank + SPARE) * 4
        return dense + 60 * len(people.histories.items)

    def state(self) -> State:
        """The items' vectors, what each says in a history, and the half-life."""
        return State(
            {**self.items.arrays(), "voices": self.voices}, {"half_life": self.settings.half_life}
        )

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(SvdSettings(half_life=half_life_of(state)))
        restored.items, restored.voices = ItemVectors.of(state.arrays), state.arrays["voices"]
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `svd`."""
    register(Svd)
