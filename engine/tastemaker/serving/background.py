"""Work of one kind, done by a thread beside those that answer."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import ref

from tastemaker.errors import TastemakerError
from tastemaker.plugin.guard import describe

T = TypeVar("T")

_logger = logging.getLogger("tastemaker.serving")

RETRY_AFTER = 60.0
"""Seconds after which what failed is tried again, if it is still wanted. Chosen, not measured."""

CLOSING_WAIT = 10.0
"""Seconds that closing waits for work under way; a plugin that hangs must not hang the application
too. Chosen, not measured."""


FORK_WAIT = 10.0
"""Seconds that a fork waits for work under way. Chosen, not measured: a load takes one or two."""


class Background(Generic[T]):
    """Does one thing at a time in a thread of its own, which lives only while there is work.

    Threads may share it. A forked child makes its own: the thread stays with the parent. A fork
    waits for the thread, which could otherwise leave locks behind that nobody in the child opens:
    those of SQLite, and of modules that are being imported.

    Args:
        work: what is done; gives a result, or raises.
        what: what it is, for the log: "loading a release".
        spread: seconds within which it begins, at a moment drawn at random, unless somebody waits
            for it: what all workers of a machine begin for the same reason would otherwise take all
            its processors from those who answer.
    """

    def __init__(self, work: Callable[[], T], what: str, spread: float = 0.0) -> None:
        self._work = work
        self._what = what
        self._spread = spread
        self._at_once = threading.Event()
        self._lock = threading.Lock()
        self._working = threading.RLock()  # a plugin may fork in this very thread
        wait_before_forks(self._working)
        self._thread: threading.Thread | None = None
        self._result: T | None = None
        self._failed: tuple[Hashable, float] | None = None
        self._closed = False

    @property
    def has_result(self) -> bool:
        """Whether there is something to take."""
        return self._result is not None

    def take(self) -> T | None:
        """The result of the last work that was not taken yet; None where there is none."""
        with self._lock:
            result, self._result = self._result, None
            return result

    def start(self, wanted: Hashable) -> None:
        """Begins the work, unless it is under way, or failed a short while ago.

        Args:
            wanted: what the result is wanted for; after a failure, other things are tried at once.
        """
        with self._lock:
            if self._closed or self._thread is not None or self._must_wait(wanted):
                return
            thread = threading.Thread(target=self._run, args=(wanted,), daemon=True)
            thread.name = f"tastemaker: {self._what}"
            self._thread = thread
            self._at_once.clear()
            thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Returns when no work is under way, or after so many seconds."""
        thread = self._thread
        if thread is not None:
            self._at_once.set()
            thread.join(seconds)

    def close(self) -> None:
        """Begins nothing more, and waits for what is under way."""
        with self._lock:
            self._closed = True
        self.wait(CLOSING_WAIT)

    def is_due(self, wanted: Hashable) -> bool:
        """Whether `start` would begin the work."""
        return not self._closed and self._thread is None and not self._must_wait(wanted)

    def _must_wait(self, wanted: Hashable) -> bool:
        if self._failed is None:
            return False
        failed, at = self._failed
        return failed == wanted and time.monotonic() - at < RETRY_AFTER

    def _run(self, wanted: Hashable) -> None:
        result: T | None = None
        self._at_once.wait(random.random() * self._spread)
        try:
            with self._working:
                result = None if self._closed else self._work()
        except BaseException as error:  # somebody must hear of it, and what serves goes on
            # of an error that is not the engine's own nothing is quoted: it may hold values
            why = describe(error, quote=(TastemakerError,))
            message = "%s failed; what served before goes on. %s"
            _logger.error(message, self._what.capitalize(), why)
        with self._lock:
            self._result = self._result if result is None else result
            self._failed = (wanted, time.monotonic()) if result is None else None
            self._thread = None


def wait_before_forks(working: threading.RLock) -> None:
    """Makes every fork of this process wait until a lock is free, or has been taken for long.

    What is registered stays so for good: it holds the lock no longer than others do.
    """
    alive = ref(working)

    def wait() -> None:
        if (lock := alive()) is not None:
            lock.acquire(timeout=FORK_WAIT)

    def go_on() -> None:
        if (lock := alive()) is not None:
            with contextlib.suppress(RuntimeError):  # it was taken for too long
                lock.release()

    os.register_at_fork(before=wait, after_in_parent=go_on, after_in_child=go_on)
