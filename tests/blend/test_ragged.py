from __future__ import annotations

import numpy as np

from tastemaker.blend.ragged import pad_width, stack_rows


def test_a_row_is_filled_up_at_its_end() -> None:
    assert pad_width(np.array([[1, 2], [3, 4]]), 3, 9).tolist() == [[1, 2, 9], [3, 4, 9]]


def test_what_is_wide_enough_stays_as_it_is() -> None:
    array = np.array([[1, 2], [3, 4]])
    assert pad_width(array, 1) is array


def test_rows_of_uneven_width_are_stacked_for_each_member() -> None:
    narrow, wide = np.ones((2, 1, 1)), np.full((2, 2, 2), 2.0)
    expected = [[1, 0], [2, 2], [2, 2]]
    assert stack_rows([narrow, wide]).tolist() == [expected, expected]
