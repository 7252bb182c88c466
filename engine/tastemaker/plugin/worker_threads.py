"""Threads in which foreign code runs, so that a call that hangs holds nobody up.

A call that has had its time is left behind: its caller goes on, and Python is told to end it. That
reaches what runs Python code, a loop for instance, at once; what waits (`time.sleep`, a lock, the
network) once it stops waiting; and code in C not before it returns. While code in C keeps Python's
global lock, nobody goes on, the caller neither: only a process of its own protects from that.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")

MOST_THREADS = 32
"""Calls of one plugin at a time, those that were left behind included. Chosen, not measured."""

IDLE_SECONDS = 60.0
"""How long a thread without work is kept. Chosen, not measured."""


class OverdueError(Exception):
    """A call has had its time, and is left behind."""


class BusyError(Exception):
    """As many calls are running as may."""


class StoppedError(BaseException):
    """Raised into a thread whose call was left behind; no `except Exception` holds it."""


class WorkerThreads:
    """Makes calls in threads of its own; threads may share it, and a forked child may use it.

    Handing a call over costs 10 to 30 µs, measured. No thread keeps the process from ending.

    Args:
        what: whose calls, for the names of the threads.
        most: how many calls at a time.

    Attributes:
        what: the same.
    """

    def __init__(self, what: str, most: int = MOST_THREADS) -> None:
        self.what = what
        self._most = most
        self._begin()

    def _begin(self) -> None:
        """Nothing runs: neither at first, nor in a forked child, which has no other thread."""
        self._idle: deque[_Worker] = deque()
        self._left_behind: list[_Worker] = []
        self._free = threading.Semaphore(self._most)
        self._pid = os.getpid()

    @property
    def overdue(self) -> int:
        """How many calls were left behind and have not ended."""
        if self._left_behind and self._pid == os.getpid():
            for one in tuple(self._left_behind):
                if not one.thread.is_alive():
                    with suppress(ValueError):  # another thread has just removed it
                        self._left_behind.remove(one)
            return len(self._left_behind)
        return 0

    def call(self, call: Callable[[], T], seconds: float) -> T:
        """What a call gives, or raises, in another thread.

        Args:
            call: made once.
            seconds: how long it may take.

        Raises:
            OverdueError: it took longer; it is left behind, and told to stop.
            BusyError: so many calls are running already.
        """
        if self._pid != os.getpid():
            self._begin()
        worker, task = self._worker(), _Task(call)
        worker.tasks.put(task)
        ended = False
        try:
            ended = task.done.acquire(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX))
        finally:
            if ended:
                self._idle.append(worker)
            else:
                self._left_behind.append(worker)
                worker.leave_behind()
        if not ended:
            raise OverdueError
        if task.error is not None:
            raise task.error
        return cast(T, task.result)

    def _worker(self) -> _Worker:
        with suppress(IndexError):
            return self._idle.pop()
        if not self._free.acquire(blocking=False):
            raise BusyError
        try:
            return _Worker(self._idle, self._free, self.what)
        except RuntimeError:  # the system has no thread left
            self._free.release()
            raise BusyError from None


def call_apart(call: Callable[[], T], seconds: float, what: str) -> T:
    """What a call gives, or raises, in a thread for it alone; see `WorkerThreads.call`."""
    return WorkerThreads(what).call(call, seconds)


class _Task(Generic[T]):
    """One call, and what came of it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self.result: T | None = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:  # it is raised where the call was wanted
            self.error = error
        self.done.release()


class _Worker:
    """One thread, which makes a call after the other."""

    def __init__(self, idle: deque[_Worker], free: threading.Semaphore, what: str) -> None:
        self.tasks: SimpleQueue[_Task[Any] | None] = SimpleQueue()
        self._idle = idle
        self._free = free
        name = f"tastemaker: {what}"
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def leave_behind(self) -> None:
        """Ends it once its call ends, and tells the call to end."""
        self.tasks.put(None)
        raise_in(self.thread)

    def _run(self) -> None:
        with suppress(StoppedError):  # told to stop when the call had just ended
            while (task := self._next()) is not None:
                task.run()
                del task
        self._free.release()

    def _next(self) -> _Task[Any] | None:
        while True:
            try:
                return self.tasks.get(timeout=IDLE_SECONDS)
            except Empty:
                with suppress(ValueError):  # somebody has just taken it
                    self._idle.remove(self)
                    return None


def raise_in(thread: threading.Thread) -> None:
    """Raises a `StoppedError` in another thread, at the next instruction of Python it comes to."""
    if thread.ident is not None and thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(StoppedError)
        )
