"""EASE with trends: what goes with a person's history, weighted by each item's recent trend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tastemaker import Float32Array, Progress, Recommender, TrainingData, hookimpl
from tastemaker_plugins.item_item.ease import (
    Ease,
    EaseSettings,
    kept_links,
    regularization_setting,
)
from tastemaker_plugins.shared.recency import (
    HistorySettings,
    half_life_setting,
    time_decay_setting,
)
from tastemaker_plugins.shared.trends import TrendSettings, trends


@dataclass(frozen=True)
class EaseTrendingSettings(TrendSettings, EaseSettings):
    """The settings of `ease-trending`."""

    regularization: float = regularization_setting(30.0, high=1000.0)
    time_decay: float = time_decay_setting(0.5)
    half_life: float = half_life_setting(12.0)


class EaseTrending(Ease):
    """EASE with every item weighted by how much more it is chosen recently than before.

    score(u, i) = trend(i) * (the score of EASE); see `trends`. Which items go together comes
    from a long past, while what nobody chooses any more makes room for what everybody does. Where
    no time is known there is no trend, and all scores are NaN.

    Steck, H.: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    """

    name: ClassVar[str] = "ease-trending"
    former_names: ClassVar[tuple[str, ...]] = ("trending",)
    family: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Item-item linear model (EASE), weighted by each item's recent trend"
    because: ClassVar[str] = "popular these days beside {items}"
    settings_type: ClassVar[type[HistorySettings]] = EaseTrendingSettings
    # what comes next in a history follows single links more than what comes in the next weeks
    alternatives: ClassVar[Sequence[Mapping[str, float]]] = ({"regularization": 10.0},)
    settings: EaseTrendingSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Fits EASE and weights its items by their trends."""
        if np.isfinite(data.people.times).any():
            return super().fit(data, progress)
        nothing = np.zeros(0, dtype=np.int32), np.zeros((0, 0), dtype=np.float32)
        self.links = kept_links(*nothing, super()._factors(data))
        return self

    def _factors(self, data: TrainingData) -> Float32Array:
        """(n_items,) the trend of each item."""
        return trends(data.people, self.settings)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `ease-trending`."""
    register(EaseTrending)
