from __future__ import annotations

import numpy as np
import pytest

from tastemaker.testing import people_of
from tastemaker_plugins.shared.recency import recency, strengths

NAN = float("nan")


def test_the_newest_counts_fully_and_half_a_half_life_back_two_thirds() -> None:
    weights = recency(people_of([[0, 1, 2], [1]], 3), 2.0)
    assert weights == pytest.approx([1 / 2, 2 / 3, 1, 1])


def test_what_came_at_the_same_moment_counts_alike() -> None:
    people = people_of([[0, 1, 2], [1]], 3, times=[[5.0, 5.0, 6.0], [6.0]])
    assert recency(people, 1.0) == pytest.approx([0.4, 0.4, 1, 1])


def test_strengths_add_up_to_at_most_the_strongest_kind() -> None:
    people = people_of([[0, 0, 1], [1, 2]], 3, weights=[[0.5, 0.5, 2.0], [2.0, -1.0]])
    dense = strengths(people).toarray()
    assert dense == pytest.approx(np.array([[0.5, 1, 0], [0, 1, 0]]))


def test_old_interactions_count_half_at_the_median_age() -> None:
    people = people_of([[0, 1, 2]], 3, times=[[0.0, 5.0, 10.0]])
    assert strengths(people, time_decay=1.0).toarray()[0] == pytest.approx([0.25, 0.5, 1.0])


@pytest.mark.parametrize("time", [NAN, 7.0])
def test_nothing_decays_without_times_that_differ(time: float) -> None:
    people = people_of([[0, 1]], 2, times=[[time, time]])
    assert strengths(people, time_decay=0.5).toarray().tolist() == [[1.0, 1.0]]
