from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker_plugins.factors.popularity_damping import (
    damped,
    powers,
    relative_popularity,
    scaled,
)

MATRIX = csr_array(np.array([[1, 0, 1], [0, 0, 4]], dtype=np.float32))


def test_popularity_is_relative_to_the_mean_of_what_was_chosen() -> None:
    assert relative_popularity(MATRIX) == pytest.approx([1 / 3, 0, 5 / 3])
    assert relative_popularity(csr_array(np.zeros((2, 3), np.float32))).tolist() == [0, 0, 0]


def test_a_matrix_is_scaled_by_rows_and_columns() -> None:
    found = scaled(MATRIX, np.array([2, 3], np.float32), np.array([5, 6, 7], np.float32))
    assert found.toarray() == pytest.approx(np.array([[10, 0, 14], [0, 0, 84]]))


def test_damping_divides_out_popularity_and_activity() -> None:
    popularity = np.array([1, 0, 4], np.float32)
    found = damped(MATRIX, popularity, 0.5).toarray()
    row, other = 2**-0.25, 4**-0.25
    assert found == pytest.approx(np.array([[row, 0, row / 2], [0, 0, 4 * other / 2]]))


def test_the_power_of_nothing_is_nothing() -> None:
    assert powers(np.array([0, 4], np.float32), -0.5) == pytest.approx([0, 0.5])
