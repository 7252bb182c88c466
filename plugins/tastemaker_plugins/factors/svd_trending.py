"""SVD with trends: what goes with a person's history, weighted by each item's recent trend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from tastemaker import Progress, Recommender, Settings, TrainingData, hookimpl
from tastemaker_plugins.factors.svd import Svd, SvdSettings
from tastemaker_plugins.shared.trends import TrendSettings, trends


@dataclass(frozen=True)
class SvdTrendingSettings(SvdSettings, TrendSettings):
    """The settings of `svd-trending`."""


class SvdTrending(Svd):
    """SVD with every item weighted by how much more it is chosen recently than before.

    score(u, i) = trend(i) * (the score of `svd`); see `trends`. It does for items as vectors what
    `ease-trending` does for pairs of items, and scores every item of a large catalogue. Where no
    time is known there is no trend, and all scores are NaN.

    Cremonesi, P., Koren, Y., Turrin, R.: Performance of Recommender Algorithms on Top-N
    Recommendation Tasks. RecSys 2010.
    """

    name: ClassVar[str] = "svd-trending"
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Truncated SVD, weighted by each item's recent trend"
    because: ClassVar[str] = "popular these days beside {items}"
    settings_type: ClassVar[type[Settings]] = SvdTrendingSettings
    alternatives: ClassVar[Sequence[Mapping[str, float]]] = ()  # more factors hide the trend
    settings: SvdTrendingSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the directions, and makes the items' vectors longer or shorter by their trends."""
        if not np.isfinite(data.people.times).any():
            nothing = np.zeros((data.n_items, 0), dtype=np.float32)
            self._take(nothing, np.zeros(data.n_items, dtype=np.float32))
            return self
        return super().fit(data, progress)

    def _learn(self, data: TrainingData) -> None:
        super()._learn(data)
        trend = trends(data.people, self.settings)
        self.items = replace(self.items, vectors=self.items.vectors * trend[:, np.newaxis])
        # in a history an item counts as it would without a trend
        self.history_weights = self.history_weights / trend


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `svd-trending`."""
    register(SvdTrending)
