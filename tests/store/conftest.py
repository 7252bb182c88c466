"""Real processes for the tests of the store."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

Work = Callable[[], None]
Fork = Callable[[Work], int]


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
