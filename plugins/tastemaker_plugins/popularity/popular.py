"""What most people choose, ever and lately: the same answer for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
    Float64Array,
    People,
    Progress,
    Recommender,
    Settings,
    State,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.popularity.half_life_search import DAY, best_half_life


class Everybodys(Recommender):
    """The base of recommenders with one number per item, the same for everybody."""

    popularity: Float32Array

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32: a row like the other for each person."""
        return np.repeat(self.popularity[np.newaxis, :], len(people), axis=0)

    def state(self) -> State:
        """One number per item."""
        return State({"popularity": self.popularity})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls()
        restored.popularity = state.arrays["popularity"]
        return restored


class Popular(Everybodys):
    """Popularity: how many people chose each item."""

    name: ClassVar[str] = "popular"
    family: ClassVar[str] = "popularity"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts each person once per item."""
        self.popularity = _counts(data.people, np.ones(len(data.people.times)), data.n_items)
        return self


@dataclass(frozen=True)
class RecentPopularSettings(Settings):
    """The settings of `recent-popular`."""

    half_life: float = setting(
        0.0,
        "Days after which an interaction counts half; 0 finds it in the data.",
        low=0.0,
        high=4096.0,
    )


class RecentPopular(Everybodys):
    """Recent popularity: interactions counted with a weight that halves every `half_life` days.

    score(i) = sum over the interactions t of i of 2 ** (-(T - t) / half_life), T being the newest
    time known. The half-life is the one that best foretells, at each of several cuts of the
    training data, what is chosen next; where no time is known this is plain popularity.
    """

    name: ClassVar[str] = "recent-popular"
    family: ClassVar[str] = "popularity"
    because: ClassVar[str] = "popular these days"
    settings_type: ClassVar[type[Settings]] = RecentPopularSettings
    settings: RecentPopularSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Chooses the half-life, unless it is set, and counts."""
        self.popularity = trend(data.people, self.settings.half_life, progress)
        return self


def trend(people: People, half_life: float, progress: Progress) -> Float32Array:
    """(n_items,) how often each item was chosen, newer choices counting more.

    Args:
        people: whose histories.
        half_life: days after which a choice counts half; 0 finds it in the data.
        progress: told how far it is.
    """
    times, n_items = people.times, people.n_items
    known = np.isfinite(times)
    if not known.any():
        return _counts(people, np.ones(len(times)), n_items)
    seconds = half_life * DAY or best_half_life(people, progress)
    ages = np.where(known, times[known].max() - times, times[known].max() - times[known].min())
    return _counts(people, np.exp2(-ages / seconds), n_items)


def _counts(people: People, decay: Float64Array, n_items: int) -> Float32Array:
    weights = np.maximum(people.weights, 0) * decay
    counts = np.bincount(people.histories.items, weights, minlength=n_items)
    return counts.astype(np.float32)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `popular` and `recent-popular`."""
    register(Popular)
    register(RecentPopular)
