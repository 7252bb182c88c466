"""Gaps: after how long people choose an item again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tastemaker import Float64Array, Int64Array, People
from tastemaker_plugins.repeats.clock import SECONDS_A_DAY

MONTH = 30 * SECONDS_A_DAY
"""The gap where nobody chose anything again."""

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
