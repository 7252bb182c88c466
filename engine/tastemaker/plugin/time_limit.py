"""How long calls into plugins may take, all those together that belong to one piece of work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """The time that the calls of one piece of work, such as one answer, may take together.

    Attributes:
        seconds: how long, from its beginning.
        end: when it is over, by the monotonic clock.
    """

    seconds: float
    end: float

    @property
    def left(self) -> float:
        """The seconds that are left; negative once it is over."""
        return self.end - time.monotonic()

    @property
    def text(self) -> str:
        """How long it is, in words: "1 s"."""
        return f"{self.seconds:g} s"


_CURRENT: ContextVar[TimeLimit | None] = ContextVar("tastemaker_time_limit", default=None)


@contextmanager
def time_limited(seconds: float) -> Iterator[TimeLimit]:
    """A `with` block in which calls into plugins may take so many seconds, all together.

    It holds for the thread that enters it: many threads answer at once, each within a limit of
    its own.
    """
    limit = TimeLimit(seconds, time.monotonic() + seconds)
    token = _CURRENT.set(limit)
    try:
        yield limit
    finally:
        _CURRENT.reset(token)


def current_limit() -> TimeLimit | None:
    """The limit of the block that this thread is in; None outside of any."""
    return _CURRENT.get()
