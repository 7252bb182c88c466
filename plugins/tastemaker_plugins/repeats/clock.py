"""What time it is when people are scored."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np

from tastemaker import Float64Array, People

SECONDS_A_DAY = 86_400.0


def newest_time(people: People) -> float:
    """The newest time of all interactions; NaN where no time is known."""
    known = people.times[np.isfinite(people.times)]
    return float(known.max()) if len(known) else nan


def moments(people: People, newest: float, horizon: float = inf) -> Float64Array:
    """(len(people),) the moment that each person is scored at, in seconds since 1970.

    It is `people.now` where that is given, but no earlier than `newest` and the person's own newest
    interaction, and no later than `horizon` seconds after these: data whose newest interaction lies
    years back is no data of people who have stopped. NaN where no time is known.

    Args:
        people: who is scored; nobody's moment depends on anybody else.
        newest: the newest time that was learnt from; NaN where none was known.
        horizon: how far beyond the newest known time the clock may count.
    """
    known = np.where(np.isfinite(people.times), people.times, -inf)
    latest = np.full(len(people), -inf if isnan(newest) else newest)
    np.maximum.at(latest, people.histories.rows, known)
    if not isnan(people.now):
        latest = np.clip(people.now, latest, latest + horizon)
    return np.where(np.isfinite(latest), latest, nan)
