from __future__ import annotations

import numpy as np
import pytest

from tastemaker.testing import people_of
from tastemaker_plugins.neural.windows import Windows, newest_items, target_weights

NAN = float("nan")
DAY = 86_400.0


def test_windows_hold_every_interaction_once_after_the_one_before_it() -> None:
    people = people_of([[0, 1, 2, 3, 4], [], [5]], 6)
    windows = Windows.of(people, 2)
    assert windows.places.tolist() == [[2, 3, 4], [0, 1, 2], [-1, -1, 0], [-1, -1, 5]]
    assert windows.rows.tolist() == [0, 0, 0, 2]


def test_nobody_makes_no_window() -> None:
    assert len(Windows.of(people_of([], 3), 4)) == 0
    assert len(Windows.of(people_of([[], []], 3), 4).newest(np.zeros(0), 5, 0)) == 0


def test_the_newest_windows_are_kept_as_far_as_they_go() -> None:
    people = people_of([[0, 1], [2, 3], [4, 5]], 6, times=[[1, 2], [5, 6], [3, NAN]])
    windows = Windows.of(people, 2)
    assert windows.newest(people.times, 4, 0).rows.tolist() in ([0, 1], [1, 2])
    assert windows.newest(people.times, 2, 0).rows.tolist() == [1]
    assert windows.newest(people.times, 1, 0).rows.tolist() == [1]
    assert windows.newest(people.times, 100, 0).rows.tolist() == [0, 1, 2]


def test_only_the_first_choice_of_an_item_is_a_target() -> None:
    people = people_of([[0, 0, 1], [0, 1, 1]], 2, weights=[[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])
    weights = target_weights(people, time_decay=np.inf)
    assert np.allclose(weights, np.array([0, 1, 2, 1, 1, 0]) / 1.25)


def test_old_choices_weigh_less() -> None:
    people = people_of([[0, 1, 2]], 3, times=[[0 * DAY, 1 * DAY, 2 * DAY]])
    old, middle, new = target_weights(people, time_decay=1.0)
    assert old / new == pytest.approx(0.25)
    assert middle / new == pytest.approx(0.5)


def test_the_newest_items_stand_last() -> None:
    people = people_of([[0, 1, 2], [], [3], [4, 5]], 6)
    counted = np.array([True, True, True, True, False, False])
    items, places = newest_items(people, 2, counted)
    assert items.tolist() == [[1, 2], [-1, -1], [-1, 3], [-1, -1]]
    assert places.tolist() == [[1, 2], [-1, -1], [-1, 3], [-1, -1]]


@pytest.mark.parametrize("histories", [[], [[]], [[], []]])
def test_nobody_with_a_history_has_no_newest_items(histories: list[list[int]]) -> None:
    items, places = newest_items(people_of(histories, 3), 5, np.zeros(0, dtype=bool))
    assert items.shape == places.shape == (len(histories), 0)
