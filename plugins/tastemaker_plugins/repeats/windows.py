"""Looking back: who had chosen what before each of the latest windows of time, and did so again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tastemaker import BoolArray, Float64Array, Int64Array, People
from tastemaker_plugins.repeats.own_items import OwnItems
from tastemaker_plugins.repeats.return_gaps import PairTimes, pair_times

N_WINDOWS = 3
"""How many windows. Of three and four, neither was better on a shop's data."""

WIDTH = 0.1
"""The share of the timed interactions in each. Half as wide did as well on a shop's data."""

WINDOW_DECAY = 0.5
"""What a window counts for an item's factor, of what the next newer one counts. A quarter and 0.8
did nearly as well on a shop's data."""


class Window(NamedTuple):
    """Pairs of a person and an item chosen before a window, if the person chose anything in it.

    Attributes:
        start: when it begins.
        items: (n,) int64.
        past: (n,) times of each.
        again: (n,) whether the person chose the item again in it.
    """

    start: float
    items: Int64Array
    past: PairTimes
    again: BoolArray


def windows(people: People) -> list[Window]:
    """The latest windows, the newest first; none where no time is known."""
    timed = people.take(np.isfinite(people.times) & (people.weights > 0))
    times = np.sort(timed.times)
    if not len(times):
        return []
    places = [int(len(times) * (1 - WIDTH * turn)) for turn in range(1, N_WINDOWS + 1)]
    starts = [float(times[place]) for place in places]
    ends = [np.inf, *starts[:-1]]
    return [_window(timed, start, end) for start, end in zip(starts, ends, strict=True)]


def _window(people: People, start: float, end: float) -> Window:
    before = people.take(people.times < start)
    inside = people.take((people.times >= start) & (people.times < end))
    own, later = OwnItems.of(before), OwnItems.of(inside)
    active = ~later.without[own.people]
    past = PairTimes(*(column[active] for column in pair_times(own, before)))
    return Window(start, own.items[active], past, np.isin(own.keys[active], later.keys))


def item_factors(
    looked_back: Sequence[Window],
    expected: Sequence[Float64Array],
    n_items: int,
    shrinkage: float,
) -> Float64Array:
    """(n_items,) how much more often than expected each item was chosen again; 1 as expected.

    Args:
        looked_back: the windows, the newest first.
        expected: for each window (n,) how probable it was that a pair comes again.
        n_items: how many items there are.
        shrinkage: added to what was expected and to what came.
    """
    came, awaited = np.full(n_items, shrinkage), np.full(n_items, shrinkage)
    for age, (window, probable) in enumerate(zip(looked_back, expected, strict=True)):
        counts = WINDOW_DECAY**age
        came += counts * np.bincount(window.items, window.again, n_items)
        awaited += counts * np.bincount(window.items, probable, n_items)
    return np.asarray(came / awaited)


def one_column(columns: Sequence[npt.NDArray[Any]]) -> Float64Array:
    """One column after the other, (n,) float64; of none an empty one."""
    return np.concatenate((np.zeros(0), *columns))
