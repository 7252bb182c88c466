"""Trending: what goes with a person's history, as far as it is chosen these days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from tastemaker import People, Progress, Recommender, TrainingData, hookimpl, setting
from tastemaker_plugins.ease import Ease, EaseSettings
from tastemaker_plugins.recency import HistorySettings, fade, fading_setting, half_life_setting

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrendingSettings(EaseSettings):
    """The settings of `trending`."""

    regularization: float = setting(
        30.0,
        "How much to distrust co-occurrence, as a multiple of the mean count of an item.",
        low=0.1,
        high=1000.0,
        log=True,
    )
    lately: float = setting(
        0.07,
        "What lately means: a choice counts half at this multiple of the median age of all.",
        low=0.01,
        high=10.0,
        log=True,
    )
    doubt: float = setting(
        10.0,
        "Choices, old and new alike, taken for granted of every item, so that few make no trend.",
        low=0.1,
        high=1000.0,
        log=True,
    )
    power: float = setting(
        1.0, "The power of an item's trend: with 0 this is `ease`.", low=0.0, high=3.0
    )
    fading: float = fading_setting(0.5)
    half_life: float = half_life_setting(12.0)


class Trending(Ease):
    """EASE with every offered item weighted by how much more it is chosen lately than ever.

    score(u, i) = trend(i) ** power * (the score of EASE), with
    trend(i) = (n'(i) + doubt) / (n(i) + doubt), n(i) being how often item i was chosen, and n'(i)
    the same with newer choices counting more, on the whole as much as n. What was learnt from a
    long past about which items go together is kept, while what nobody chooses any more makes
    room for what everybody does. Where no time is known there is no trend, and all scores are NaN.

    Steck, H.: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    Koren, Y.: Collaborative Filtering with Temporal Dynamics. KDD 2009 (items have their times).
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


def trends(people: People, settings: TrendingSettings) -> Float32Array:
    """(n_items,) how much more each item is chosen lately than ever, to the power set."""
    weights, items = np.maximum(people.weights, 0).astype(np.float64), people.histories.items
    ever = np.bincount(items, weights, minlength=people.n_items)
    lately = np.bincount(items, weights * fade(people, settings.lately), minlength=people.n_items)
    lately *= ever.sum() / max(lately.sum(), np.finfo(np.float64).tiny)
    ratio = (lately + settings.doubt) / (ever + settings.doubt)
    return np.asarray(ratio**settings.power, dtype=np.float32)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `trending`."""
    register(Trending)
