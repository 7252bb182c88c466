from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, items_of, people_of, scored, trained
from tastemaker_plugins.factors.nmf import Nmf, NmfSettings, of_length_one

GROUPS = [[0, 1], [0, 1, 2], [1, 2], [3, 4], [3, 4], [4, 5, 3]]


def untimed(histories: list[list[int]], n_items: int) -> TrainingData:
    times = [[float("nan")] * len(history) for history in histories]
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


def test_people_are_offered_the_item_of_their_group_that_they_left_out() -> None:
    data = checkerboard()
    scores = scored(trained(Nmf, data), data.people)
    for person in range(len(data.people) - 1):
        others = np.arange(data.n_items) % 2 != person % 2
        assert scores[person, person % data.n_items] > scores[person, others].max() + 0.03


def test_where_all_choose_the_same_there_is_one_theme_of_all_items() -> None:
    settings = NmfSettings(factors=1, regularization=1.0)
    nmf = Nmf(settings).fit(untimed([[0, 1, 2, 3]] * 5, 4), no_progress)
    assert nmf.items.vectors[:, 0] == pytest.approx([0.5] * 4, rel=1e-4)
    # one interaction has half of the theme; the theme's 1 and the ridge of 1 halve it again
    assert nmf.score(people_of([[0]], 4))[0] == pytest.approx([0.5 / 2 * 0.5] * 4, rel=1e-4)


def test_two_groups_without_a_common_person_have_themes_of_their_own() -> None:
    nmf = Nmf(NmfSettings(factors=2, epochs=100)).fit(untimed(GROUPS, 6), no_progress)
    scores = nmf.score(people_of([[0], [5]], 6))
    assert scores[0, :3].min() > 100 * scores[0, 3:].max() >= 0
    assert scores[1, 3:].min() > 100 * scores[1, :3].max() >= 0


def test_nothing_is_negative() -> None:
    nmf = Nmf().fit(untimed(GROUPS, 6), no_progress)
    assert (nmf.items.vectors >= 0).all()
    assert (nmf.score(people_of([[0, 3], [1]], 6)) >= 0).all()
    assert (nmf.reasons(people_of([[0, 3], [1]], 6), np.array([[2, 5], [0, 1]])) >= 0).all()


def test_items_nobody_chose_score_nan_and_add_nothing() -> None:
    nmf = Nmf().fit(untimed([[0, 1], [0, 1]], 3), no_progress)
    scores = nmf.score(people_of([[0], [2], [2, 0]], 3))
    assert np.isnan(scores[:, 2]).all()
    assert np.isnan(scores[1]).all()
    assert scores[2, :2] == pytest.approx(scores[0, :2], rel=1e-4)
    assert np.isnan(nmf.similar(2)).all()


def test_a_score_is_shared_by_what_each_interaction_has_of_the_themes() -> None:
    nmf = Nmf(NmfSettings(factors=2, epochs=100)).fit(untimed(GROUPS, 6), no_progress)
    people = people_of([[0, 5], [2], []], 6)
    reasons = nmf.reasons(people, np.ones((3, 1), dtype=np.int64))[:, 0]
    sums = np.bincount(people.histories.rows, reasons, minlength=3)
    assert sums[:2] == pytest.approx(nmf.score(people)[:2, 1], rel=1e-4)
    assert reasons[0] > 100 * reasons[1]


def test_progress_is_reported_epoch_by_epoch() -> None:
    reported: list[int] = []
    Nmf(NmfSettings(epochs=3)).fit(
        untimed(GROUPS, 6), lambda done, total, what="": reported.append(done)
    )
    assert reported == [0, 1, 2, 3]


def test_columns_get_the_length_one_and_zeros_stay() -> None:
    themes = of_length_one(np.array([[3, 0], [4, 0]], dtype=np.float32))
    assert themes == pytest.approx(np.array([[0.6, 0], [0.8, 0]]))


def test_the_memory_estimate_grows_with_people_and_factors() -> None:
    small, large = checkerboard(20), checkerboard(200)
    assert Nmf().memory(small) < Nmf().memory(large)
    assert Nmf(NmfSettings(factors=10)).memory(large) < Nmf(NmfSettings(factors=100)).memory(large)
