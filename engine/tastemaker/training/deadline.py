"""Time: how much of it a training run has left, and stopping a fit that takes too much."""

from __future__ import annotations

import time
from collections.abc import Callable

from tastemaker.recommender import Progress

Clock = Callable[[], float]
"""Seconds that only ever grow."""


class OutOfTimeError(Exception):
    """Raised into a fit, by its own progress, once it has had its time."""


class Deadline:
    """How much time a training run has left, from now on.

    Args:
        seconds: for the whole run.
        clock: what time is read from.
    """

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._start = clock()

    def left(self, share: float = 1.0) -> float:
        """Seconds until a share of the time has gone; negative once it has."""
        return share * self.seconds - (self._clock() - self._start)


class Allowance:
    """A Progress that stops the fit that reports to it once the time for it is over.

    Args:
        progress: what to report to.
        seconds: how long the fit may take, from now on.
        clock: what time is read from.

    Attributes:
        exceeded: whether it stopped the fit.
    """

    def __init__(self, progress: Progress, seconds: float, clock: Clock = time.monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._end = clock() + seconds
        self.exceeded = False

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Passes the report on.

        Raises:
            OutOfTimeError: the time is over and work is left.
        """
        if done < total and self._clock() > self._end:
            self.exceeded = True
            raise OutOfTimeError
        self._progress(done, total, what)
