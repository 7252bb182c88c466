"""The trend of items: how much more each of them is chosen lately than ever."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker import Float32Array, People, setting
from tastemaker_plugins.shared.recency import HistorySettings, fade


@dataclass(frozen=True)
class TrendSettings(HistorySettings):
    """The base of the settings of recommenders that weigh what they offer by its trend."""

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
        1.0, "The power of an item's trend: with 0 it does not count.", low=0.0, high=3.0
    )


def trends(people: People, settings: TrendSettings) -> Float32Array:
    """How much more each item is chosen lately than ever, to the power set.

    trend(i) = (n'(i) + doubt) / (n(i) + doubt), n(i) being how often item i was chosen, and n'(i)
    the same with newer choices counting more, on the whole as much as n.

    Koren, Y.: Collaborative Filtering with Temporal Dynamics. KDD 2009 (items have their times).

    Returns:
        (n_items,) float32, above 0.
    """
    weights, items = np.maximum(people.weights, 0).astype(np.float64), people.histories.items
    ever = np.bincount(items, weights, minlength=people.n_items)
    lately = np.bincount(items, weights * fade(people, settings.lately), minlength=people.n_items)
    lately *= ever.sum() / max(lately.sum(), np.finfo(np.float64).tiny)
    ratio = (lately + settings.doubt) / (ever + settings.doubt)
    return np.asarray(ratio**settings.power, dtype=np.float32)
