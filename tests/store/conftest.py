"""Real processes for the tests of the store."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Callable
from functools import partial

import pytest

Work = Callable[[], None]
Fork = Callable[[Work], int]


@pytest.fixture
def fork() -> Fork:
    """Starts a process that does some work; gives its id.

    The process ends with status 0, with 1 if the work raised (the traceback is on standard error),
    or with the signal that killed it.
    """
    return start


def start(work: Work) -> int:
    """The id of a new process that does some work and ends."""
    with warnings.catch_warnings():
        # Threads of linear algebra libraries sleep in this process; the child has no use for them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


@pytest.fixture
def at_once(fork: Fork) -> Callable[[int, Callable[[int], None]], list[int]]:
    """Does some work in that many processes at once; gives their exit statuses."""

    def run(count: int, work: Callable[[int], None]) -> list[int]:
        ready, go = os.pipe()

        def wait_and_work(number: int) -> None:
            os.close(go)
            os.read(ready, 1)
            work(number)

        children = [fork(partial(wait_and_work, number)) for number in range(count)]
        # The read of every process ends when the last writing end of the pipe is closed.
        os.close(go)
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        os.close(ready)
        return statuses

    return run
