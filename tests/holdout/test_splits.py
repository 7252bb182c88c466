from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import People
from tastemaker.holdout.splits import (
    at_random,
    by_time,
    last_out,
    newest_share,
    random_share,
)
from tastemaker.testing import people_of

NAN = float("nan")


def people(*histories: list[tuple[int, float]]) -> People:
    """Histories as (item, time), oldest first."""
    items = [[item for item, _ in history] for history in histories]
    return people_of(items, 100, times=[[time for _, time in history] for history in histories])


TEN = people([(0, 1), (1, 4), (2, 9)], [(3, 2), (4, 3), (5, 10)], [(6, 5), (7, 6), (8, 7), (9, 8)])


def test_time_is_everybodys_time() -> None:
    split = by_time(TEN, 0.5, 0.8)
    assert TEN.times[split.known].tolist() == [1, 4, 2, 3, 5]
    assert TEN.times[split.held_out].tolist() == [6, 7, 8]


def test_one_moment_is_never_torn_apart() -> None:
    basket = people([(item, 5.0) for item in range(6)], [(0, 1.0), (1, 2.0), (2, 9.0), (3, 9.5)])
    for share in np.linspace(0, 1, 21):
        split = by_time(basket, share, 1.0)
        assert split.held_out[:6].all() or split.known[:6].all()


def test_what_has_no_time_counts_as_old() -> None:
    two = people([(0, NAN), (1, 5.0)], [(2, 1.0), (3, 9.0)])
    split = by_time(two, 0.75, 1.0)
    assert split.known.tolist() == [True, True, True, False]


def test_the_last_of_everyone_who_has_two() -> None:
    split = last_out(people([(0, 1.0), (1, 2.0)], [], [(2, 3.0)], [(3, 4.0), (4, 5.0), (5, 6.0)]))
    assert split.held_out.tolist() == [False, True, False, False, False, True]
    assert (split.known ^ split.held_out).all()


def test_at_random_everyone_gives_a_share_and_keeps_something() -> None:
    split = at_random(people([(0, NAN)], [(1, NAN)] * 2, [(2, NAN)] * 10, []), 0.2)
    held_out = np.bincount(np.repeat([0, 1, 2], [1, 2, 10])[split.held_out], minlength=3)
    assert held_out.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("n", "chosen"), [(0, 0), (1, 0), (2, 1), (5, 1), (100, 10)])
def test_a_random_share(n: int, chosen: int) -> None:
    assert random_share(n, 0.1, 0).sum() == chosen
    assert (random_share(n, 0.1, 3) == random_share(n, 0.1, 3)).all()


def test_the_newest_share_of_everyone() -> None:
    part = newest_share(people([(0, 1.0)], [(1, 2.0)] * 2, [(2, NAN)] * 10, []), 0.2)
    assert part.tolist() == [False] + [False, True] + [False] * 8 + [True] * 2
