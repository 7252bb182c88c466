from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Histories, Items, People, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.serving.fallback import Fallback


def test_scores_are_the_logarithm_of_the_counts() -> None:
    ones = np.ones(4, dtype=np.float32)
    histories = Histories(np.array([0, 3, 4]), np.array([0, 1, 1, 1], dtype=np.int32), ones, 3)
    people = People(histories, np.zeros(4), np.zeros(4, dtype=np.int16), ones)
    names = ("a", "b", "c")
    data = TrainingData(Items(names, names, names), people)
    fitted = Fallback(np.zeros(0, dtype=np.float32)).fit(data, no_progress)
    expected = [np.log(2), np.log(4), 0]
    assert fitted.score(people).tolist() == pytest.approx(np.array([expected, expected]))
    again = Fallback.restore(fitted.state())
    assert again.score(people).tolist() == fitted.score(people).tolist()
