"""A circuit breaker: what keeps failing is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Stops calling what keeps failing: after several failures in a row, a pause, then one try.

    Args:
        failures: how many in a row open it.
        pause: seconds without a call, once open.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        failures: int = 5,
        pause: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._closed_until = 0.0
        self._last_problem = ""

    @property
    def problem(self) -> str:
        """The last problem of what is left alone now; empty while it is not."""
        return self._last_problem if self._in_a_row >= self._failures else ""

    def allows(self) -> bool:
        """Whether to call now. Once the pause is over one caller at a time may probe."""
        if self._in_a_row < self._failures:
            return True
        with self._lock:
            if self._clock() < self._closed_until:
                return False
            # whoever comes while this probe is under way waits for another pause
            self._closed_until = self._clock() + self._pause
            return True

    def succeeded(self) -> None:
        """Notes a call that went well: everything is allowed again."""
        self._in_a_row = 0

    def failed(self, problem: str = "it kept failing") -> None:
        """Notes a call that failed, and how."""
        with self._lock:
            self._in_a_row += 1
            self._last_problem = problem
            if self._in_a_row >= self._failures:
                self._closed_until = self._clock() + self._pause

    def trip(self, problem: str = "it kept failing") -> None:
        """Notes a call that costs too much to be tried again at once, and how: opens it."""
        with self._lock:
            self._last_problem = problem
            self._in_a_row = max(self._in_a_row, self._failures)
            self._closed_until = self._clock() + self._pause
