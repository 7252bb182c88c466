"""Gaps: after how long people choose an item again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tastemaker import Float64Array, Int64Array, People
from tastemaker_plugins.repeats.own_items import OwnItems
from tastemaker_plugins.shared.recency import SECONDS_A_DAY

MONTH = 30 * SECONDS_A_DAY
"""The gap where nobody chose anything again."""

GAP_PRIOR = 5.0
"""So many gaps of an item are taken to be like those of all items. Chosen, not measured."""

STEPS = 20.0
"""The same in interactions."""


class Gaps(NamedTuple):
    """The times between two choices of one item by one person, at least a day apart.

    Attributes:
        items: (n_gaps,) int64.
        seconds: (n_gaps,) float64.
    """

    items: Int64Array
    seconds: Float64Array


def gaps(people: People) -> Gaps:
    """All gaps of some people; interactions that do not count or have no time give none."""
    kept = np.isfinite(people.times) & (people.weights > 0)
    rows, items = people.histories.rows[kept], people.histories.items[kept].astype(np.int64)
    times = people.times[kept]
    order = np.lexsort((times, items, rows))
    rows, items, times = rows[order], items[order], times[order]
    again = (rows[1:] == rows[:-1]) & (items[1:] == items[:-1])
    seconds = np.diff(times)
    again &= seconds >= SECONDS_A_DAY
    return Gaps(items[1:][again], seconds[again])


class PairTimes(NamedTuple):
    """When people chose their own items; what is less than a day apart is one time.

    Attributes:
        counts: (n_pairs,) float64 how many times.
        first: (n_pairs,) float64 seconds since 1970.
        last: (n_pairs,) float64.
    """

    counts: Float64Array
    first: Float64Array
    last: Float64Array


def pair_times(own: OwnItems, people: People) -> PairTimes:
    """The times of each pair.

    Args:
        own: the pairs; every interaction that counts has a time.
        people: whose.
    """
    times, lengths = people.times[own.counting], own.lengths
    first = times[own.starts]
    last = times[own.starts + lengths - 1]
    another = np.diff(times, prepend=np.inf) >= SECONDS_A_DAY
    another[own.starts] = True  # the first time of all
    return PairTimes(own.sums(another.astype(np.float64)), first, last)


def usual_gaps(people: People) -> tuple[Float64Array, float]:
    """(n_items,) the geometric mean of each item's gaps in seconds, and that of all.

    Items of few gaps are taken to be like all others; where there is none it is a month.
    """
    found, n_items = gaps(people), people.n_items
    logarithms = np.log(found.seconds)
    overall = float(logarithms.mean()) if len(logarithms) else float(np.log(MONTH))
    sums = np.bincount(found.items, logarithms, n_items) + GAP_PRIOR * overall
    return np.exp(sums / (np.bincount(found.items, minlength=n_items) + GAP_PRIOR)), np.exp(overall)


def median_gap(people: People) -> float:
    """The median gap in seconds; a month where there is none."""
    found = gaps(people).seconds
    return float(np.median(found)) if len(found) else MONTH


def median_steps(people: People) -> float:
    """The median of how many of their interactions later people chose an item again.

    `STEPS` where nobody did.
    """
    histories, ages = people.histories, people.ages.astype(np.float64)
    order = np.lexsort((-ages, histories.items, histories.rows))
    rows, items, ages = histories.rows[order], histories.items[order], ages[order]
    steps = ages[:-1] - ages[1:]
    again = (rows[1:] == rows[:-1]) & (items[1:] == items[:-1]) & (steps > 0)
    return float(np.median(steps[again])) if again.any() else STEPS
