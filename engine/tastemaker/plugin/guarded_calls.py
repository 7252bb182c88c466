"""Calls into one plugin: within a time limit, and not while it keeps failing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from tastemaker.plugin.circuit_breaker import CircuitBreaker
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.time_limit import TimeLimit, current_limit
from tastemaker.plugin.worker_threads import BusyError, OverdueError, WorkerThreads

T = TypeVar("T")

Note: TypeAlias = Callable[[float, str], object]
"""What is told of a call: how many seconds it took, and the problem."""

LOADING_SECONDS = 30.0
"""How long a plugin of others may take to be restored or to take in items. Chosen, not measured."""

BUSY = "skipped, because too many of its calls are running"


class GuardedCalls:
    """Makes the calls into one plugin, with a breaker of their own.

    Within a `time_limited` block, a plugin in threads costs its caller no more than the time that
    is left: a call that takes longer is left behind, and the plugin is out of service until it has
    ended, and then for the breaker's pause. Any other plugin is called directly, for a handover to
    a thread takes longer than many of the calls; a call that takes longer than the whole limit
    counts as a failure, though what it gave is used.

    Attributes:
        breaker: skips the plugin for a while once it keeps failing.
        threads: where calls run; None where they are direct.
    """

    def __init__(
        self, breaker: CircuitBreaker | None = None, threads: WorkerThreads | None = None
    ) -> None:
        self.breaker = CircuitBreaker() if breaker is None else breaker
        self.threads = threads

    @classmethod
    def of(cls, plugin: Plugin) -> GuardedCalls:
        """Direct ones of the engine's own plugins and the isolated; those of others in threads."""
        return cls(threads=WorkerThreads(plugin.name) if plugin.needs_threads else None)

    def apart(self) -> GuardedCalls:
        """For other calls into the same plugin, whose failures are not to stop these."""
        threads = self.threads
        return GuardedCalls(threads=None if threads is None else WorkerThreads(threads.what))

    def call(
        self, call: Callable[[], tuple[T | None, str]], note: Note | None = None
    ) -> tuple[T | None, str]:
        """What a guarded call gives: a result, or None and the problem.

        Args:
            call: raises nothing but KeyboardInterrupt; see `tastemaker.plugin.guard`.
            note: is told how long it took, and the problem; not of a call that is not made.
        """
        limit, threads = current_limit(), self.threads
        if threads is not None and threads.overdue:
            return None, "skipped, because an earlier call has not ended"
        if not self.breaker.allows():
            return None, "skipped for a while, because it kept failing"
        if limit is not None and threads is not None and limit.left <= 0:
            return None, f"skipped, because the deadline of {limit.text} had passed"
        start = time.perf_counter()
        if limit is None or threads is None:
            result, problem = self._directly(limit, call)
        else:
            result, problem = self._within(limit, threads, call)
        if note is not None:
            note(time.perf_counter() - start, problem)
        return result, problem

    def once(self, call: Callable[[], tuple[T | None, str]]) -> tuple[T | None, str]:
        """The same of what is done once, before a plugin serves: it may take longer.

        The time is bounded for a plugin in threads; the breaker does not count it.
        """
        if self.threads is None:
            return call()
        try:
            return self.threads.call(call, LOADING_SECONDS)
        except OverdueError:
            return None, f"took longer than {LOADING_SECONDS:g} s"
        except BusyError:
            return None, BUSY

    def _directly(
        self, limit: TimeLimit | None, call: Callable[[], tuple[T | None, str]]
    ) -> tuple[T | None, str]:
        start = time.monotonic()
        result, problem = call()
        if limit is not None and time.monotonic() - start > limit.seconds:
            self.breaker.failed(problem or f"took longer than the deadline of {limit.text}")
            return result, problem
        return self._noted(result, problem)

    def _within(
        self,
        limit: TimeLimit,
        threads: WorkerThreads,
        call: Callable[[], tuple[T | None, str]],
    ) -> tuple[T | None, str]:
        try:
            return self._noted(*threads.call(call, limit.left))
        except OverdueError:
            problem = f"took longer than the deadline of {limit.text} left it"
            self.breaker.trip(problem)
            return None, problem
        except BusyError:
            return None, BUSY

    def _noted(self, result: T | None, problem: str) -> tuple[T | None, str]:
        if problem:
            self.breaker.failed(problem)
        else:
            self.breaker.succeeded()
        return result, problem
