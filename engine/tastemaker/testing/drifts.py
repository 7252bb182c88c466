"""Worlds whose drift is known: does a blend follow what lasts, and bear what does not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.data import (
    BoolArray,
    Float64Array,
    Histories,
    Int32Array,
    Int64Array,
    Items,
    People,
    TrainingData,
)

WORLD_SECONDS = 200 * 86_400.0
"""How long a world lasts."""

TASTES = 6
"""Item i is of taste i modulo this, person p of taste p modulo this."""

FAITHFUL = 12.0
"""How many times as often somebody chooses an item of their own taste."""

BURST_ITEMS = 10
"""What a burst is about."""

NEWNESS, NEWNESS_HALVES = 9.0, 0.1
"""A new item is chosen so much more often than later, and within that time half as much more."""

NEWS_HALVES = 0.02
"""Within that time news is chosen half as often."""

HARDLY_EVER = 1e-6
"""Nobody is ever left without anything to choose."""

ARRIVING, ARRIVED = 0.75, 5.0
"""Items of later moments than that arrive together, and are chosen so much more often then."""

EARLIER = 0.5
"""For so long before a world begins items had come already, where they come one after the other."""


@dataclass(frozen=True)
class Drift:
    """What changes over the time of a world, which runs from 0 to 1.

    Attributes:
        burst: the share of all choices that go to a few items while a burst lasts; after it nobody
            chooses these any more.
        burst_from, burst_until: when that is.
        swing: how far the logarithm of an item's popularity swings to either side, each item's
            beginning at another moment.
        period: how long one swing takes.
        launches: whether items come one after the other, and draw most when they are new.
        news: whether items come one after the other, and soon nobody chooses them any more.
        arrival: when a quarter of the items comes, all at once, to stay and to draw more than the
            others; never before 1.
    """

    burst: float = 0.0
    burst_from: float = 0.81
    burst_until: float = 0.9
    swing: float = 0.0
    period: float = 1.5
    launches: bool = False
    news: bool = False
    arrival: float = 1.0

    def factors(self, now: Float64Array, moments: Float64Array) -> Float64Array:
        """(n, n_items) what each time (n,) makes of the popularity of items, by their moments."""
        since = now[:, np.newaxis] - moments
        factors = np.exp(self.swing * np.sin(2 * np.pi * since / self.period))
        # a part of the items is there from the beginning
        age = now[:, np.newaxis] - (moments * (1 + EARLIER) - EARLIER)
        if self.launches:
            newness = np.exp2(-np.maximum(age, 0.0) / NEWNESS_HALVES)
            factors = factors * np.where(age >= 0, 1 + NEWNESS * newness, 0.0)
        if self.news:
            interest = np.exp2(-np.maximum(age, 0.0) / NEWS_HALVES) + HARDLY_EVER
            factors = factors * np.where(age >= 0, interest, 0.0)
        if self.arrival < 1:
            here = np.where(now >= self.arrival, ARRIVED, 0.0)[:, np.newaxis]
            factors = factors * np.where(moments > ARRIVING, here, 1.0)
        return np.asarray(factors)


DRIFTS: Mapping[str, Drift] = {
    "stationary": Drift(),
    "moderate burst": Drift(burst=0.2),
    "violent burst": Drift(burst=0.6),
    "long burst": Drift(burst=0.6, burst_from=0.765),
    "burst that stays": Drift(burst=0.6, burst_until=1.1),
    "trend": Drift(swing=2.0),
    "launches": Drift(launches=True),
    "news": Drift(news=True),
    "new collection": Drift(arrival=0.84),
    "trend and burst": Drift(burst=0.6, swing=2.0),
}
"""By name. Where the latest tenth is held out to be predicted, a burst from .81 to .9 fills exactly
the newest fold that a blend learns on, and is over when it serves; the long one begins half a fold
earlier, so that this fold rewards whoever follows it."""


def drifting(drift: Drift, n_people: int = 1200, n_items: int = 240, seed: int = 0) -> TrainingData:
    """People of several tastes, who choose twenty items each on average, and none twice.

    Args:
        drift: what changes.
        n_people, n_items: how many there are.
        seed: what is drawn starts from.
    """
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 36, n_people)
    times = [np.sort(rng.random(length)) for length in lengths]
    # popularity and taste have nothing to do with each other
    popularity = 1 / (5.0 + rng.permutation(n_items))
    moments = rng.random(n_items)
    passing = np.isin(np.arange(n_items), rng.permutation(n_items)[:BURST_ITEMS])
    own = np.arange(n_people)[:, np.newaxis] % TASTES == np.arange(n_items) % TASTES
    left = popularity * np.where(own, FAITHFUL, 1.0)
    chosen = [np.zeros(length, dtype=np.int32) for length in lengths]
    for turn in range(int(lengths.max())):
        who = np.flatnonzero(lengths > turn)
        now = np.array([times[person][turn] for person in who])
        shares = with_burst(left[who] * drift.factors(now, moments), drift, now, passing)
        bounds = np.cumsum(shares, axis=1)
        drawn = (bounds <= rng.random((len(who), 1)) * bounds[:, -1:]).sum(axis=1)
        left[who, drawn] = 0.0
        for person, item in zip(who.tolist(), drawn.tolist(), strict=True):
            chosen[person][turn] = item
    return _assembled(lengths, chosen, times, n_items)


def with_burst(
    shares: Float64Array, drift: Drift, now: Float64Array, passing: BoolArray
) -> Float64Array:
    """(n, n_items) how likely each choice is where some items pass; what is not open stays so.

    Args:
        shares: (n, n_items) how likely it would be; 0 where somebody has chosen the item.
        drift: the burst.
        now: (n,) the times.
        passing: (n_items,) the items of the burst.
    """
    if not drift.burst:
        return shares
    open_still = passing & (shares > 0)
    gone = passing & (now >= drift.burst_from)[:, np.newaxis]
    shares = np.where(gone, 0.0, shares)
    during = (now >= drift.burst_from) & (now < drift.burst_until)
    drawn = during * drift.burst / (1 - drift.burst) * shares.sum(axis=1)
    each = drawn / np.maximum(open_still.sum(axis=1), 1)
    return np.asarray(shares + open_still * each[:, np.newaxis])


def _assembled(
    lengths: Int64Array,
    chosen: Sequence[Int32Array],
    times: Sequence[Float64Array],
    n_items: int,
) -> TrainingData:
    n = int(lengths.sum())
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    ones = np.ones(n, dtype=np.float32)
    histories = Histories(indptr, np.concatenate(chosen), ones, n_items)
    kinds = np.zeros(n, dtype=np.int16)
    people = People(histories, WORLD_SECONDS * np.concatenate(times), kinds, ones)
    names = tuple(f"item-{number}" for number in range(n_items))
    return TrainingData(Items(names, ("",) * n_items, ("",) * n_items), people)
