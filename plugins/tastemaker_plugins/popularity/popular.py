"""What people choose most, over the whole past and recently: the same list for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from tastemaker import (
    Cluster,
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
from tastemaker_plugins.popularity.half_life_search import best_half_life
from tastemaker_plugins.shared.cluster_queries import number, summed
from tastemaker_plugins.shared.recency import MOST_TIMES, SECONDS_A_DAY, chosen_counts
from tastemaker_plugins.shared.support import people_by_item, without_bursts


class SameForAll(Recommender):
    """The base of recommenders with one score per item, the same for everybody."""

    item_scores: Float32Array

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32: the same row for each person."""
        return np.repeat(self.item_scores[np.newaxis, :], len(people), axis=0)

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: the same for some items of each person."""
        return self.item_scores.take(items)

    def retrieve(self, people: People, k: int) -> Int64Array:
        """(len(people), k) int64: the same list for each person."""
        best = np.full((len(people), k), -1, dtype=np.int64)
        first = self._ranked[:k]
        best[:, : len(first)] = first
        return best

    @cached_property
    def _ranked(self) -> Int64Array:
        """(n_scored,) the items that have a score, the best first."""
        order = np.argsort(-self.item_scores, kind="stable")
        return order[: len(order) - np.count_nonzero(np.isnan(self.item_scores))]

    def state(self) -> State:
        """One score per item."""
        return State({"popularity": self.item_scores})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls()
        restored.item_scores = state.arrays["popularity"]
        return restored


class Popular(SameForAll):
    """Popularity: how often each item was chosen.

    score(i) = the sum of the weights of all interactions with i, of one person at most those of
    `MOST_TIMES` of the strongest kind: whoever chooses an item a thousand times counts as that.
    """

    name: ClassVar[str] = "popular"
    family: ClassVar[str] = "popularity"
    summary: ClassVar[str] = "What is chosen most often, the same for everybody"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Sums up the weights of each item's interactions."""
        self.item_scores = chosen_counts(data.people).astype(np.float32)
        return self

    def fit_on(self, cluster: Cluster, data: TrainingData, progress: Progress) -> Self:
        """Sums up the weights on a cluster."""
        self.item_scores = _counts_on(cluster, number(1), data.people)[0].astype(np.float32)
        return self


@dataclass(frozen=True)
class RecentPopularSettings(Settings):
    """The settings of `recent-popular`."""

    half_life: float = setting(
        0.0,
        "Half-life of an interaction's weight, in days; 0 finds it in the data.",
        low=0.0,
        high=4096.0,
    )


class RecentPopular(SameForAll):
    """Recent popularity: interactions counted with a weight that halves every `half_life` days.

    score(i) = sum over the interactions t of i of 2 ** (-(T - t) / half_life), T being the newest
    time known, and of one person at most as much as `MOST_TIMES` of now. An item that few people
    chose has no more than its share of the whole past; see `without_bursts`. The half-life is the
    one that predicts best, at each of several folds of the training data, what is chosen next;
    where no time is known this is plain popularity.
    """

    name: ClassVar[str] = "recent-popular"
    family: ClassVar[str] = "popularity"
    summary: ClassVar[str] = "What is chosen most often these days, the same for everybody"
    because: ClassVar[str] = "popular these days"
    settings_type: ClassVar[type[Settings]] = RecentPopularSettings
    settings: RecentPopularSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Chooses the half-life, unless it is set, and counts."""
        self.item_scores = recent_popularity(data.people, self.settings.half_life, progress)
        return self

    def fit_on(self, cluster: Cluster, data: TrainingData, progress: Progress) -> Self:
        """Counts on a cluster; the half-life is chosen here, on a few hundred people."""
        known = data.people.times[np.isfinite(data.people.times)]
        decay = number(1)
        if len(known):
            seconds = self._seconds(data.people, progress)
            age = f"{number(known.max())} - coalesce(time, {number(known.min())})"
            decay = f"power(2, -({age}) / {number(seconds)})"
        recent, counts = _counts_on(cluster, decay, data.people)
        total, _ = _counts_on(cluster, number(1), data.people)
        self.item_scores = without_bursts(recent, total, counts).astype(np.float32)
        return self

    def _seconds(self, people: People, progress: Progress) -> float:
        return self.settings.half_life * SECONDS_A_DAY or best_half_life(people, progress)


def recent_popularity(people: People, half_life: float, progress: Progress) -> Float32Array:
    """(n_items,) how often each item was chosen, newer interactions counting more.

    Args:
        people: whose histories.
        half_life: days after which an interaction counts half; 0 finds it in the data.
        progress: called with how far it is.
    """
    times = people.times
    known = np.isfinite(times)
    if not known.any():
        return chosen_counts(people).astype(np.float32)
    seconds = half_life * SECONDS_A_DAY or best_half_life(people, progress)
    ages = np.where(known, times[known].max() - times, times[known].max() - times[known].min())
    recent = chosen_counts(people, np.exp2(-ages / seconds).astype(np.float32))
    held_back = without_bursts(recent, chosen_counts(people), people_by_item(people))
    return held_back.astype(np.float32)


def _counts_on(cluster: Cluster, decay: str, people: People) -> tuple[Float64Array, Int64Array]:
    """What `chosen_counts` gives, with an expression of `time` for the decay, and `people_by_item`.

    Args:
        cluster: holds the interactions.
        decay: what age leaves of an interaction.
        people: the same people.
    """
    most = number(MOST_TIMES * people.weights.max(initial=0))
    own = f"least(sum(greatest(weight, 0) * {decay}), {most}) AS own"
    chosen = "max(CASE WHEN weight > 0 THEN 1 ELSE 0 END) AS chosen"
    pairs = f"SELECT item, {own}, {chosen} FROM interactions GROUP BY person, item"
    sums = f"SELECT item, sum(own) AS total, sum(chosen) AS people FROM ({pairs}) GROUP BY item"
    found, counts = cluster.select(sums), np.zeros(people.n_items, dtype=np.int64)
    counts[found["item"]] = found["people"]
    return summed(found, people.n_items).astype(np.float64), counts


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `popular` and `recent-popular`."""
    register(Popular)
    register(RecentPopular)
