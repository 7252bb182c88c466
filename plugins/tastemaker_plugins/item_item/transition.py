"""Transitions: what people chose soon after an item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import coo_array, csr_array

from tastemaker import (
    Float32Array,
    Int32Array,
    People,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import strongest
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    decay_weights,
    half_life_setting,
    time_decay_setting,
)


@dataclass(frozen=True)
class TransitionSettings(HistorySettings):
    """The settings of `transition`."""

    window: int = setting(
        5, "Largest distance in a history at which one item follows another.", low=1, high=50
    )
    distance_decay: float = setting(
        0.8,
        "Factor by which a transition's weight falls with each further position.",
        low=0.1,
        high=1.0,
        formerly=("decay",),
    )
    shrinkage: float = setting(
        5.0,
        "Added to each item's count, so that the transitions of rare items count less.",
        low=0.0,
        high=100.0,
        formerly=("smoothing",),
    )
    time_decay: float = time_decay_setting(0.5)
    neighbours: int = setting(
        50, "Number of neighbours kept of each item.", low=1, high=1000, log=True
    )
    half_life: float = half_life_setting(3.0)


class Transition(Linked):
    """Transitions: how often one item follows another within a few positions of a history.

    N[a, b] = sum over all histories of distance_decay ** (distance - 1) for b up to `window`
    positions after a, older ones counting less; items of the same moment follow each other both
    ways. T[a, b] = N[a, b] / (sum of N[a] + shrinkage);
    score(u, b) = sum over the history a of recency(a) * T[a, b]. Without times nobody knows what
    followed what, and everything scores NaN.

    Rendle, S. et al.: Factorizing Personalized Markov Chains for Next-Basket Recommendation.
    WWW 2010 (the unfactorised chain).
    """

    name: ClassVar[str] = "transition"
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "often follows {items}"
    summary: ClassVar[str] = "What people chose soon after an item (first-order Markov chain)"
    settings_type: ClassVar[type[HistorySettings]] = TransitionSettings
    settings: TransitionSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts what follows what."""
        people = data.people.take(np.isfinite(data.people.times) & (data.people.weights > 0))
        shape = (data.n_items, data.n_items)
        counts = csr_array(shape, dtype=np.float64)
        for distance in range(1, self.settings.window + 1):
            progress(distance - 1, self.settings.window, "transitions")
            weights, pairs = self._pairs(people, distance)
            counts = counts + coo_array((weights, pairs), shape=shape).tocsr()
        sums = np.asarray(counts.sum(axis=1)) + self.settings.shrinkage
        counts.data = counts.data / np.repeat(sums, np.diff(counts.indptr))
        known = np.bincount(people.histories.items, minlength=data.n_items) > 0
        self.links = Links.kept(*strongest(counts, self.settings.neighbours), known)
        return self

    def _pairs(
        self, people: People, distance: int
    ) -> tuple[Float32Array, tuple[Int32Array, Int32Array]]:
        """What each pair of items that many positions apart counts, and the pairs."""
        items, rows, times = people.histories.items, people.histories.rows, people.times
        follows = rows[distance:] == rows[:-distance]
        follows &= items[distance:] != items[:-distance]
        before, after = items[:-distance][follows], items[distance:][follows]
        weights = decay_weights(people, self.settings.time_decay)[distance:][follows]
        weights *= self.settings.distance_decay ** (distance - 1)
        together = times[distance:][follows] == times[:-distance][follows]
        pairs = (
            np.concatenate((before, after[together])),
            np.concatenate((after, before[together])),
        )
        return np.concatenate((weights, weights[together])), pairs


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `transition`."""
    register(Transition)
