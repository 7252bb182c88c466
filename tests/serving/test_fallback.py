from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Histories, People
from tastemaker.serving.fallback import Fallback


def test_scores_are_the_logarithm_of_the_counts() -> None:
    ones = np.ones(4, dtype=np.float32)
    histories = Histories(np.array([0, 3, 4]), np.array([0, 1, 1, 1], dtype=np.int32), ones, 3)
    people = People(histories, np.zeros(4), np.zeros(4, dtype=np.int16), ones)
    scores = Fallback(np.array([1, 3, 0], dtype=np.float32)).score(people)
    expected = [np.log(2), np.log(4), 0]
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(np.array([expected, expected]))
