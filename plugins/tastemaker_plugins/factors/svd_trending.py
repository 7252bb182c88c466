"""SVD with trends: what suits a person's taste, as far as it is chosen these days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import Progress, Recommender, Settings, TrainingData, hookimpl
from tastemaker_plugins.factors.item_vectors import ItemVectors
from tastemaker_plugins.factors.svd import Svd, SvdSettings
from tastemaker_plugins.shared.trends import TrendSettings, trends


@dataclass(frozen=True)
class SvdTrendingSettings(SvdSettings, TrendSettings):
    """The settings of `svd-trending`."""


class SvdTrending(Svd):
    """SVD with every offered item weighted by how much more it is chosen lately than ever.

    score(u, i) = trend(i) * (the score of `svd`); see `trends`. It does for items as vectors what
    `trending` does for pairs of items, and reaches every item of a large catalogue. Where no time
    is known there is no trend, and all scores are NaN.

    Cremonesi, P., Koren, Y., Turrin, R.: Performance of Recommender Algorithms on Top-N
    Recommendation Tasks. RecSys 2010.
    """

    name: ClassVar[str] = "svd-trending"
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "popular these days beside {items}"
    settings_type: ClassVar[type[Settings]] = SvdTrendingSettings
    settings: SvdTrendingSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds the directions, and makes the items' vectors longer or shorter by their trends."""
        if not np.isfinite(data.people.times).any():
            nothing = np.zeros((data.n_items, 0), dtype=np.float32)
            self._take(nothing, np.zeros(data.n_items, dtype=np.float32))
            return self
        super().fit(data, progress)
        trend = trends(data.people, self.settings)
        self.items = ItemVectors(self.items.vectors * trend[:, np.newaxis], self.items.known)
        # what is in a history speaks as it did
        self.voices = self.voices / trend
        return self


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `svd-trending`."""
    register(SvdTrending)
