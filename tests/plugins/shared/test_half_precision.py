from __future__ import annotations

import numpy as np
import pytest

from tastemaker_plugins.shared.half_precision import UNHALVED, gathered, halved, whole


def test_few_numbers_are_left_as_they_are_and_many_halved() -> None:
    assert halved(np.ones((UNHALVED // 4, 4), np.float32)).dtype == np.float32
    assert halved(np.ones((UNHALVED // 4 + 1, 4), np.float32)).dtype == np.float16


@pytest.mark.parametrize("scale", [1e-4, 1e5])
def test_numbers_that_a_half_would_spoil_are_left_as_they_are(scale: float) -> None:
    vectors = np.full((UNHALVED, 2), scale, np.float32)
    assert halved(vectors) is vectors


def test_rows_are_gathered_as_float32_from_either() -> None:
    vectors = np.array([[1, 2], [3, 4], [5, -6]], np.float32)
    rows = np.array([[2, 0], [1, 1]])
    for kept in (vectors, vectors.astype(np.float16)):
        assert gathered(kept, rows).tolist() == [[[5, -6], [1, 2]], [[3, 4], [3, 4]]]
        assert gathered(kept, rows).dtype == whole(kept).dtype == np.float32
        assert whole(kept).tolist() == vectors.tolist()
