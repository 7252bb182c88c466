"""The process of a recommender that serves: called by many threads, started again where it ends."""

from __future__ import annotations

import os
import threading
import time

from tastemaker.plugin.guard import IsolationError, attempt
from tastemaker.plugin.isolation.channel import Message
from tastemaker.plugin.isolation.process import IsolatedProcess, TellProgress
from tastemaker.plugin.time_limit import current_limit

START_SECONDS = 60.0
"""How long a process may take until it is ready. Chosen, not measured: as a rule it is a second."""

CALL_SECONDS = 600.0
"""How long a call may take where there is no limit. Chosen, not measured."""

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
"""Seconds until a process that ended is started again: twice as long each time, until a call goes
well. Chosen, not measured."""


class SupervisedProcess:
    """A process that is started beside the calls, so that none waits for it, whenever it ended.

    Threads may share it: one calls at a time, and the others wait as long as they have time. A
    forked child has a process of its own.

    Args:
        recipe: what a new process is told first.
        process: one that is ready.
    """

    def __init__(self, recipe: Message, process: IsolatedProcess) -> None:
        self._recipe = recipe
        self._pause = SHORTEST_PAUSE
        self._start_from = 0.0
        self._begin(process)

    def _begin(self, process: IsolatedProcess | None) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._starting: threading.Thread | None = None
        self._pid = os.getpid()

    def call(self, message: Message, report: TellProgress | None = None) -> Message:
        """What comes of a message, within the limit of this thread if it has one.

        Args:
            message: what to do.
            report: called with its progress.

        Raises:
            IsolationError: it took longer, its process ended, is not ready, or has a problem.
        """
        if self._pid != os.getpid():
            self._begin(None)
        limit = current_limit()
        end = time.monotonic() + CALL_SECONDS if limit is None else limit.end
        left = end - time.monotonic()
        if left <= 0 or not self._lock.acquire(timeout=left):
            raise IsolationError("skipped: no time was left for its process")
        try:
            return self._call(message, end, report)
        finally:
            self._lock.release()

    def _call(self, message: Message, end: float, report: TellProgress | None) -> Message:
        process = self._process
        if process is None or process.has_ended:
            self._start_beside()
            raise IsolationError("skipped: its process is being started")
        reply, error = None, None
        try:
            reply = process.call(message, max(end - time.monotonic(), 0.0), report)
        except IsolationError as raised:
            error = raised
        if process.has_ended:
            self._start_from = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        else:
            self._pause = SHORTEST_PAUSE
        if reply is None:
            raise error or IsolationError("its process ended")
        return reply

    def _start_beside(self) -> None:
        if self._starting is None and time.monotonic() >= self._start_from:
            name = "tastemaker: starting a process"
            thread = threading.Thread(target=self._start, name=name, daemon=True)
            thread.start()  # which waits for the lock that is held here, before it notes its end
            self._starting = thread

    def _start(self) -> None:
        process, _ = attempt(lambda: started(self._recipe))
        with self._lock:
            self._process = process
            if process is None:
                self._start_from = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._starting = None


def started(recipe: Message) -> IsolatedProcess:
    """A new process that has done what the recipe says.

    Raises:
        IsolationError: it has not.
    """
    process = IsolatedProcess()
    process.call(recipe, START_SECONDS)
    return process
