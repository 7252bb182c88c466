from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Histories, People
from tastemaker.serving.fallback import Fallback


def test_scores_are_the_logarithm_of_the_counts() -> None:
    ones = np.ones(4, dtype=np.float32)
    histories = Histories(np.array([0, 3, 4]), np.array([0, 1, 1, 1], dtype=np.int32), ones, 3)
    people = People(histories, np.zeros(4), np.zeros(4, dtype=np.int16), ones)
    fallback = Fallback(np.array([1, 3, 0], dtype=np.float32))
    scores, problem = fallback.score(people)
    assert not problem
    expected = [np.log(2), np.log(4), 0]
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(np.array([expected, expected]))
    chosen, _ = fallback.score_items(people, np.array([[1], [2]]))
    assert chosen.tolist() == [[pytest.approx(np.log(4))], [0]]
    assert fallback.retrieve(people, 5)[0].tolist() == [[1, 0, 2, -1, -1]] * 2
    assert fallback.retrieve(people, 1)[0].tolist() == [[1]] * 2
