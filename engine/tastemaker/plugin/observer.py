"""What happens inside while requests are answered: timings for the application, lines for its log.

Nothing here names a person: a timing holds a stage, a member's name, seconds and how many people it
was for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

from tastemaker.plugin.guard import describe

_logger = logging.getLogger("tastemaker.plugin")

SLOW = 0.5
"""Seconds from which on one call of a recommender or re-ranker is logged as slow. Chosen, not
measured."""

EVERY = 60.0
"""Seconds in which the same is logged once."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one stage of a request took, or one member's part of it.

    Attributes:
        stage: "people" (reading them), "retrieve", "score" (with the blend), "rank" (re-rankers and
            new items), "explain", "similar", or "request" for all of it.
        member: the recommender or re-ranker; empty for the stage as a whole.
        seconds: how long it took.
        count: for how many people; for "similar" one.
        failed: whether the member failed; its answer is then left out.
    """

    stage: str
    member: str
    seconds: float
    count: int
    failed: bool = False


Observe: TypeAlias = Callable[[Timing], object]
"""What an application is told timings by."""


class Throttle:
    """Lets the same thing through once in so many seconds.

    Args:
        every: seconds.
        clock: seconds that only ever grow.
    """

    def __init__(self, every: float = EVERY, clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._clock = every, clock
        self._lock = threading.Lock()
        self._last: dict[Hashable, float] = {}

    def allows(self, what: Hashable) -> bool:
        """Whether it is its turn; it is noted if so."""
        now = self._clock()
        with self._lock:
            if now - self._last.get(what, -self._every) < self._every:
                return False
            self._last[what] = now
            return True


class Observer:
    """Passes timings on, and logs members that fail or are slow. Threads may share it.

    Args:
        observe: is told every timing, in the thread that answers; what it raises is contained and
            logged. Nothing is timed by stages where it is None.
        throttle: how often the same is logged.
    """

    def __init__(self, observe: Observe | None = None, throttle: Throttle | None = None) -> None:
        self._observe = observe
        self._throttle = Throttle() if throttle is None else throttle

    def timing(self, stage: str, count: int) -> AbstractContextManager[None]:
        """Times the block as a stage of a request for so many people."""
        return nullcontext() if self._observe is None else self._timed(stage, count)

    @contextmanager
    def _timed(self, stage: str, count: int) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._tell(Timing(stage, "", time.perf_counter() - start, count))

    def note(self, stage: str, member: str, seconds: float, count: int, problem: str) -> None:
        """Takes down one call of a member.

        Args:
            stage: which stage it is a part of.
            member: its name.
            seconds: how long it took.
            count: for how many people.
            problem: what went wrong; empty where nothing did.
        """
        if problem and self._throttle.allows((member, "failed")):
            message = "%s failed in %s after %.3f s and is left out: %s"
            _logger.warning(message, member, stage, seconds, problem)
        elif seconds >= SLOW and self._throttle.allows((member, "slow")):
            _logger.warning("%s took %.3f s in %s for %d people", member, seconds, stage, count)
        if self._observe is not None:
            self._tell(Timing(stage, member, seconds, count, bool(problem)))

    def _tell(self, timing: Timing) -> None:
        if self._observe is None:
            return
        try:
            self._observe(timing)
        except Exception as error:  # an application's dashboard must not cost an answer
            if self._throttle.allows("observe"):
                _logger.warning("The observe callback failed: %s", describe(error, quote=()))


UNOBSERVED = Observer()
"""For what no application has opened: only the log hears of it."""
