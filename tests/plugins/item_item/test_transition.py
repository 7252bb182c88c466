from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.transition import Transition, TransitionSettings

NAN = float("nan")
DAY = 86_400.0
A, B, C = 0, 1, 2


def fitted(
    histories: list[list[int]], times: list[list[float]] | None = None, **settings: float
) -> Transition:
    plain = {"window": 1, "shrinkage": 0.0, "time_decay": 1000.0} | settings
    data = TrainingData(items_of(4), people_of(histories, 4, times=times))
    return Transition(TransitionSettings(**plain)).fit(data, no_progress)  # type: ignore[arg-type]


def test_what_follows_is_predicted_and_what_came_before_is_not() -> None:
    transition = fitted([[A, B, C]])
    scores = transition.score(people_of([[A], [B], [C]], 4))
    expected = [[0, 1, 0, NAN], [0, 0, 1, NAN], [0, 0, 0, NAN]]
    assert np.allclose(scores, expected, equal_nan=True)


def test_links_are_shares_of_what_followed() -> None:
    transition = fitted([[A, B], [A, B], [A, C]])
    assert transition.similar(A)[:3] == pytest.approx([0, 2 / 3, 1 / 3], rel=1e-2)


def test_what_one_person_does_often_counts_once() -> None:
    transition = fitted([[A, C] * 100, [A, B], [A, B]])
    assert transition.similar(A)[:3] == pytest.approx([0, 2 / 3, 1 / 3], rel=1e-2)


def test_further_positions_count_less_within_the_window() -> None:
    transition = fitted([[A, B, C]], window=2, distance_decay=0.5)
    assert transition.similar(A)[:3] == pytest.approx([0, 2 / 3, 1 / 3], rel=1e-2)


def test_shrinkage_lowers_the_transitions_of_rare_items() -> None:
    transition = fitted([[A, B, C]], shrinkage=1.0)
    assert transition.similar(A)[1] == pytest.approx(0.5, rel=1e-2)


def test_what_happens_in_one_moment_follows_both_ways() -> None:
    transition = fitted([[A, B]], times=[[DAY, DAY]])
    assert transition.similar(A)[B] == pytest.approx(1.0)
    assert transition.similar(B)[A] == pytest.approx(1.0)


def test_old_transitions_count_less() -> None:
    times = [[0.0, 0.0], [9 * DAY, 9 * DAY], [0.0, 0.0]]
    transition = fitted([[A, B], [A, C], [B, C]], times=times, time_decay=0.5)
    assert transition.similar(A)[B] < transition.similar(A)[C]


def test_the_newest_interaction_counts_most() -> None:
    transition = fitted([[A, B], [C, 3]], half_life=0.5)
    score = transition.score(people_of([[A, C]], 4))[0]
    assert score[3] == pytest.approx(3 * score[B])


def test_without_times_it_abstains() -> None:
    transition = fitted([[A, B], [A, C]], times=[[NAN, NAN], [NAN, NAN]])
    assert np.isnan(transition.score(people_of([[A], [B]], 4))).all()
