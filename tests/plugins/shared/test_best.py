from __future__ import annotations

import numpy as np

from tastemaker_plugins.shared.best import best_of_keys, rank_keys

NAN = float("nan")


def best(scores: list[list[float]], k: int) -> list[list[int]]:
    rows = np.array(scores, dtype=np.float32)
    found: list[list[int]] = best_of_keys(rank_keys(rows, np.arange(rows.shape[1])), k).tolist()
    return found


def test_the_highest_come_first_and_of_equals_the_smaller_item() -> None:
    assert best([[1, 3, 2, 3], [0.5, 0.25, 1e-30, 7e8]], 3) == [[1, 3, 2], [3, 0, 1]]


def test_what_is_not_positive_or_no_number_is_left_out() -> None:
    assert best([[NAN, -1, 0, 2], [NAN] * 4], 2) == [[3, -1], [-1, -1]]


def test_a_row_is_filled_up() -> None:
    assert best([[1, 2]], 4) == [[1, 0, -1, -1]]
    assert best_of_keys(np.zeros((2, 0), dtype=np.int64), 2).tolist() == [[-1, -1]] * 2


def test_items_are_those_given() -> None:
    keys = rank_keys(np.array([[1, 2]], dtype=np.float32), np.array([2**31 - 1, 0]))
    assert best_of_keys(keys, 2).tolist() == [[0, 2**31 - 1]]
