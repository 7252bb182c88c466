from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.factors.bpr import Bpr, BprSettings

FOLLOWERS = [[0, 1], [2, 3]] * 20


def fitted(histories: list[list[int]], n_items: int, **settings: float) -> Bpr:
    data = TrainingData(items_of(n_items), people_of(histories, n_items))
    chosen = BprSettings(**{"factors": 8, "epochs": 200} | settings)  # type: ignore[arg-type]
    return Bpr(chosen).fit(data, no_progress)


def test_what_was_chosen_next_ranks_first() -> None:
    scores = fitted(FOLLOWERS, 4).score(people_of([[0], [2]], 4))
    assert scores[0].argmax() == 1
    assert scores[1].argmax() == 3


def test_what_is_chosen_more_often_ranks_higher() -> None:
    score = fitted([[0, 1]] * 30 + [[0, 2]] * 10 + [[0, 3]], 5).score(people_of([[0]], 5))[0]
    assert score[1] > score[2] > score[3]


def test_the_history_shares_out_the_score_and_the_bias_in_it() -> None:
    bpr, people = fitted(FOLLOWERS, 4), people_of([[0, 2, 1]], 4)
    score = bpr.score(people)[0]
    reasons = bpr.reasons(people, np.array([[0, 1, 2, 3]]))
    assert reasons.sum(axis=0) == pytest.approx(score, abs=1e-5)


def test_the_person_is_the_mean_of_their_items() -> None:
    bpr = fitted(FOLLOWERS, 4)
    once, twice = bpr.score(people_of([[0], [0, 0]], 4))
    assert once == pytest.approx(twice, abs=1e-6)


def test_samples_are_bounded() -> None:
    histories = [[item % 50 for item in range(person, person + 20)] for person in range(200)]
    steps: list[int] = []

    def count(done: int, total: int, what: str = "") -> None:
        steps.append(total)

    data = TrainingData(items_of(50), people_of(histories, 50))
    Bpr(BprSettings(max_samples=1_000)).fit(data, count)
    assert set(steps) == {1_000}
    assert len(steps) < 260


def test_items_nobody_chose_and_people_without_history_score_nan() -> None:
    scores = fitted(FOLLOWERS, 5).score(people_of([[0], [4], []], 5))
    assert np.isfinite(scores[0, :4]).all()
    assert np.isnan(scores[:, 4]).all()
    assert np.isnan(scores[1:]).all()


def test_it_goes_on_from_where_another_one_has_ended() -> None:
    data = TrainingData(items_of(5), people_of(FOLLOWERS, 5))
    before = fitted(FOLLOWERS, 5)
    kept = before.items.vectors.copy()
    few = BprSettings(factors=8, epochs=1)
    warm, cold = Bpr(few).fit_from(data, no_progress, before), Bpr(few).fit(data, no_progress)
    leads = [one.score(people_of([[0]], 5))[0] for one in (warm, cold)]
    assert leads[0][1] - leads[0][3] > leads[1][1] - leads[1][3]
    assert np.array_equal(before.items.vectors, kept)
    other = Bpr(BprSettings(factors=4, epochs=1))
    anew = Bpr(BprSettings(factors=4, epochs=1)).fit(data, no_progress)
    assert np.array_equal(
        other.fit_from(data, no_progress, before).items.vectors, anew.items.vectors
    )


def test_starting_from_another_one_draws_fewer_interactions() -> None:
    totals: list[int] = []

    def count(done: int, total: int, what: str = "") -> None:
        totals.append(total)

    data = TrainingData(items_of(4), people_of(FOLLOWERS, 4))
    before = Bpr(BprSettings(factors=8)).fit(data, count)
    whole = totals[-1]
    Bpr(BprSettings(factors=8)).fit_from(data, count, before)
    assert totals[-1] == pytest.approx(whole / 3, rel=0.01)
