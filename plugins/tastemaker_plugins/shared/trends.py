"""The trend of items: how much more each of them is chosen recently than over the whole past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker import Float32Array, People, setting
from tastemaker_plugins.shared.recency import HistorySettings, chosen_counts, decay_weights
from tastemaker_plugins.shared.support import people_by_item, without_bursts


@dataclass(frozen=True)
class TrendSettings(HistorySettings):
    """The base of the settings of recommenders that weight items by their trend."""

    trend_decay: float = setting(
        0.07,
        "Half-life of an interaction's weight in the recent count of an item, as a multiple of the "
        "median age of all interactions.",
        low=0.01,
        high=10.0,
        log=True,
        formerly=("lately",),
    )
    prior: float = setting(
        10.0,
        "Prior count added to the recent and to the total count of every item, so that few "
        "interactions make no trend.",
        low=0.1,
        high=1000.0,
        log=True,
        formerly=("doubt",),
    )
    trend_power: float = setting(
        1.0,
        "Power of an item's trend; with 0 it does not count.",
        low=0.0,
        high=3.0,
        formerly=("power",),
    )


def trends(people: People, settings: TrendSettings) -> Float32Array:
    """How much more each item is chosen recently than over the whole past, to the power set.

    trend(i) = (n'(i) + prior) / (n(i) + prior), n(i) being how often item i was chosen, and n'(i)
    the same with newer interactions counting more, scaled to the same sum as n. An item that few
    people chose is never above 1; see `makes_burst`.

    Koren, Y.: Collaborative Filtering with Temporal Dynamics. KDD 2009 (items have their times).

    Returns:
        (n_items,) float32, above 0.
    """
    total = chosen_counts(people)
    recent = chosen_counts(people, decay_weights(people, settings.trend_decay))
    recent *= total.sum() / max(recent.sum(), np.finfo(np.float64).tiny)
    recent = without_bursts(recent, total, people_by_item(people))
    ratio = (recent + settings.prior) / (total + settings.prior)
    return np.asarray(ratio**settings.trend_power, dtype=np.float32)
