"""Transactions that collide: rolled back by the database, and done again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from tastemaker.errors import CollisionError

T = TypeVar("T")

MOST_TRIES = 6
"""How often a transaction is begun at most. Chosen, not measured: writers lock in one order, so
that few collide at all."""

FIRST_PAUSE = 0.02
"""Seconds before the second try, at most; twice as many before each later one."""


def try_again(work: Callable[[], T], tries: int = MOST_TRIES) -> T:
    """What some work gives; begun again, after a short random pause, where it collides.

    Args:
        work: a whole transaction.
        tries: how often it is begun at most.

    Raises:
        CollisionError: it collided every time.
    """
    for number in range(tries - 1):
        try:
            return work()
        except CollisionError:
            pause = FIRST_PAUSE * 2**number
        # Random, so that those that collided do not meet again.
        time.sleep(pause * random.random())
    return work()
