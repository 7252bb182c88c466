from __future__ import annotations

import numpy as np

from tastemaker.data import Int64Array
from tastemaker.serving.nearest import NearestItems


class Finder:
    """Finds the next item, and notes what was wanted."""

    def __init__(self, sound: bool = True) -> None:
        self.wanted: list[int] = []
        self.sound = sound

    def __call__(self, item: int) -> tuple[Int64Array, bool]:
        self.wanted.append(item)
        return np.array([item + 1]), self.sound


def test_what_was_found_is_kept() -> None:
    finder = Finder()
    nearest = NearestItems(finder)
    assert [nearest(item).tolist() for item in (1, 2, 1, 1)] == [[2], [3], [2], [2]]
    assert finder.wanted == [1, 2]


def test_what_was_wanted_longest_ago_goes_first() -> None:
    finder = Finder()
    nearest = NearestItems(finder, most=2)
    for item in (1, 2, 1, 3, 1, 2):
        nearest(item)
    assert finder.wanted == [1, 2, 3, 2]


def test_what_a_failing_member_spoilt_is_not_kept() -> None:
    finder = Finder(sound=False)
    nearest = NearestItems(finder)
    assert [nearest(1).tolist() for _ in range(2)] == [[2], [2]]
    assert finder.wanted == [1, 1]
