"""Trending: what goes with a person's history, as far as it is chosen these days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import Progress, Recommender, TrainingData, hookimpl, setting
from tastemaker_plugins.item_item.ease import Ease, EaseSettings
from tastemaker_plugins.shared.recency import HistorySettings, fading_setting, half_life_setting
from tastemaker_plugins.shared.trends import TrendSettings, trends


@dataclass(frozen=True)
class TrendingSettings(TrendSettings, EaseSettings):
    """The settings of `trending`."""

    regularization: float = setting(
        30.0,
        "How much to distrust co-occurrence, as a multiple of the mean count of an item.",
        low=0.1,
        high=1000.0,
        log=True,
    )
    fading: float = fading_setting(0.5)
    half_life: float = half_life_setting(12.0)


class Trending(Ease):
    """EASE with every offered item weighted by how much more it is chosen lately than ever.

    score(u, i) = trend(i) * (the score of EASE); see `trends`. What was learnt from a long past
    about which items go together is kept, while what nobody chooses any more makes room for what
    everybody does. Where no time is known there is no trend, and all scores are NaN.

    Steck, H.: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    """

    name: ClassVar[str] = "trending"
    family: ClassVar[str] = "collaborative"
    because: ClassVar[str] = "popular these days beside {items}"
    settings_type: ClassVar[type[HistorySettings]] = TrendingSettings
    settings: TrendingSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Fits EASE and weights its items by their trends."""
        if not np.isfinite(data.people.times).any():
            nothing = np.zeros(0, dtype=np.int32), np.zeros((0, 0), dtype=np.float32)
            self._take(*nothing, data.n_items)
            return self
        super().fit(data, progress)
        self.links *= trends(data.people, self.settings)[self.places]
        return self


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `trending`."""
    register(Trending)
