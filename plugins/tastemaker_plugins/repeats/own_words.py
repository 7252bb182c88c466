"""What a person did with their own items, in words."""

from __future__ import annotations

import numpy as np

from tastemaker import People
from tastemaker_plugins.repeats.own_items import OwnItems
from tastemaker_plugins.repeats.return_gaps import pair_times
from tastemaker_plugins.shared.recency import SECONDS_A_DAY

REGULAR = 3
"""So many times at least make a rhythm that is worth saying."""


def own_words(own: OwnItems, people: People) -> list[str]:
    """How often each pair's person chose the item, and every how many days.

    Choices less than a day apart are one time. Where a time is not known, every interaction is one.

    Args:
        own: the pairs.
        people: whose.
    """
    past = pair_times(own, people)
    timed = np.isfinite(own.sums(people.times[own.counting]))
    counts = np.where(timed, past.counts, own.lengths).astype(np.int64)
    spans = np.where(timed, past.last - past.first, 0) / SECONDS_A_DAY
    every = np.round(spans / np.maximum(counts - 1, 1)).astype(np.int64)
    return [
        _text(count, days if count >= REGULAR else 0)
        for count, days in zip(counts.tolist(), every.tolist(), strict=True)
    ]


def _text(count: int, days: int) -> str:
    times = {1: "once", 2: "twice"}.get(count, f"{count} times")
    rhythm = {0: "", 1: ", every day"}.get(days, f", every {days} days")
    return f"you chose it {times}{rhythm}"
