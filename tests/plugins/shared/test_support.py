from __future__ import annotations

import numpy as np

from tastemaker.testing import people_of
from tastemaker_plugins.shared.support import makes_burst, people_by_item, without_bursts


def test_people_are_counted_once_for_an_item() -> None:
    people = people_of([[0, 0, 1], [0], [2]], 4, weights=[[1.0, 1.0, 1.0], [0.1], [0.0]])
    assert people_by_item(people).tolist() == [2, 1, 0, 0]


def test_items_of_few_people_make_no_burst() -> None:
    assert makes_burst(np.array([20, 0, 3, 7])).tolist() == [True, False, False, True]
    assert makes_burst(np.array([1, 1, 0])).tolist() == [True, True, False]
    assert makes_burst(np.zeros(2, dtype=np.int64)).tolist() == [False, False]
    assert makes_burst(np.zeros(0, dtype=np.int64)).tolist() == []


def test_without_support_an_item_keeps_its_share_of_the_past() -> None:
    counts, total = np.array([20, 20, 2]), np.array([20.0, 20.0, 2.0])
    recent = np.array([1.0, 4.0, 2.0])
    assert without_bursts(recent, total, counts).tolist() == [1.0, 4.0, 2.0 * 7 / 42]
    falling = np.array([20.0, 21.0, 0.1])
    assert without_bursts(falling, total, counts).tolist() == falling.tolist()
