from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, items_of, people_of, scored, trained
from tastemaker_plugins.factors.als import Als, AlsSettings


def untimed(histories: list[list[int]], n_items: int) -> TrainingData:
    times = [[float("nan")] * len(history) for history in histories]
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


GROUPS = [[0, 1], [0, 1, 2], [1, 2], [3, 4], [3, 4], [4, 5, 3]]


def test_people_are_offered_the_item_of_their_group_that_they_left_out() -> None:
    data = checkerboard()
    scores = scored(trained(Als, data), data.people)
    for person in range(len(data.people) - 1):
        others = np.arange(data.n_items) % 2 != person % 2
        assert scores[person, person % data.n_items] > scores[person, others].max() + 0.05


def test_where_all_choose_all_the_loss_has_its_known_minimum() -> None:
    settings = AlsSettings(factors=1, unobserved_weight=1.0, regularization=0.01, epochs=50)
    als = Als(settings).fit(untimed([[0, 1, 2]] * 3, 3), no_progress)
    scores = als.score(people_of([[0, 1, 2]], 3, times=[[0.0, 0.0, 0.0]]))
    # p = q by symmetry. In (1 - pq)^2 + (pq)^2 for each of nine pairs and 0.01 * 6 (p^2 + q^2)
    # for three of each, 2 (pq) - 1 + 0.02 = 0 at the minimum. The three interactions of one
    # moment are one behind another: each counts 1 / (1 + 1 / half_life).
    weight = 1 / (1 + 1 / settings.half_life)
    square = 0.49
    expected = weight * square * 3 / (3 * (weight + 1) * square + 0.01 * (3 * weight + 3))
    assert scores[0] == pytest.approx([expected] * 3, rel=1e-3)


def test_two_groups_without_a_common_person_hardly_score_each_other() -> None:
    als = Als(AlsSettings(factors=2, epochs=30)).fit(untimed(GROUPS, 6), no_progress)
    scores = als.score(people_of([[0], [5]], 6))
    assert scores[0, :3].min() > 10 * np.abs(scores[0, 3:]).max()
    assert scores[1, 3:].min() > 10 * np.abs(scores[1, :3]).max()


def test_items_nobody_chose_score_nan_and_add_nothing() -> None:
    als = Als().fit(untimed([[0, 1], [0, 1]], 3), no_progress)
    scores = als.score(people_of([[0], [2], [2, 0]], 3))
    assert np.isnan(scores[:, 2]).all()
    assert np.isnan(scores[1]).all()
    assert scores[2, :2] == pytest.approx(scores[0, :2])
    assert np.isnan(als.similar(2)).all()


def test_more_epochs_fit_better() -> None:
    data = checkerboard(40, 12)

    def missed(epochs: int) -> float:
        als = Als(AlsSettings(factors=4, epochs=epochs)).fit(data, no_progress)
        chosen = data.people.presence().toarray() > 0
        return float(np.square(1 - als.score(data.people)[chosen]).sum())

    assert missed(10) < missed(1)


def test_reasons_of_some_interactions_add_up_to_the_score() -> None:
    als = Als().fit(untimed(GROUPS, 6), no_progress)
    people = people_of([[0, 1, 5], [2], [], [4, 4, 3]], 6)
    items = np.array([[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [0] * 6, [2, 2, 3, 3, 4, 4]])
    reasons = als.reasons(people, items)
    sums = np.zeros((4, 6))
    np.add.at(sums, people.histories.rows, reasons)
    scores = als.score_items(people, items)
    assert sums[[0, 1, 3]] == pytest.approx(scores[[0, 1, 3]], abs=1e-5)
    assert np.isnan(scores[2]).all()


def test_it_goes_on_from_where_another_one_has_ended() -> None:
    data = checkerboard(40, 12)
    fewer = replace(data, people=data.people.take(data.people.histories.ages > 0))
    reported: list[int] = []
    before = Als(AlsSettings(factors=4, epochs=30)).fit(fewer, no_progress)
    settings = AlsSettings(factors=4, epochs=8)
    Als(settings).fit_from(data, lambda done, total, what="": reported.append(total), before)
    assert set(reported) == {3}
    chosen = data.people.presence().toarray() > 0

    def missed(als: Als) -> float:
        return float(np.square(1 - als.score(data.people)[chosen]).sum())

    once = AlsSettings(factors=4, epochs=1)
    warm, cold = Als(once).fit_from(data, no_progress, before), Als(once).fit(data, no_progress)
    assert missed(warm) < missed(cold)
    other = Als(AlsSettings(factors=3, epochs=8)).fit(data, no_progress)
    anew = Als(settings).fit_from(data, no_progress, other)
    assert np.array_equal(anew.items.vectors, Als(settings).fit(data, no_progress).items.vectors)


def test_progress_is_reported_epoch_by_epoch() -> None:
    reported: list[tuple[int, int]] = []
    Als(AlsSettings(epochs=3)).fit(
        untimed(GROUPS, 6), lambda done, total, what="": reported.append((done, total))
    )
    assert reported == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_the_memory_estimate_grows_with_people_and_factors() -> None:
    small, large = checkerboard(20), checkerboard(200)
    assert Als().memory(small) < Als().memory(large)
    assert Als(AlsSettings(factors=10)).memory(large) < Als(AlsSettings(factors=100)).memory(large)
