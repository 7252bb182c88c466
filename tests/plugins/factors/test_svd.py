from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, items_of, people_of, scored, trained
from tastemaker_plugins.factors.svd import Svd, SvdSettings, damped_directions


def of(histories: list[list[int]], n_items: int, **settings: float) -> Svd:
    times = [[float("nan")] * len(history) for history in histories]
    people = people_of(histories, n_items, times=times)
    return Svd(SvdSettings(**settings)).fit(  # type: ignore[arg-type]
        TrainingData(items_of(n_items), people), no_progress
    )


def test_people_are_offered_the_item_of_their_group_that_they_left_out() -> None:
    data = checkerboard()
    scores = scored(trained(Svd, data), data.people)
    for person in range(len(data.people) - 1):
        others = np.arange(data.n_items) % 2 != person % 2
        assert scores[person, person % data.n_items] > scores[person, others].max() + 0.05


def test_where_all_choose_the_same_the_one_direction_gives_all_items_alike() -> None:
    svd = of([[0, 1, 2, 3]] * 5, 4)
    assert svd.items.vectors.shape == (4, 1)
    scores = svd.score(people_of([[0]], 4))
    # four items share a direction of length 1, damped by s^2 / (s^2 + lambda) with lambda
    # ten times a quarter of s^2
    assert scores[0] == pytest.approx(0.25 / (1 + 10 / 4))


def test_two_groups_without_a_common_person_do_not_score_each_other() -> None:
    svd = of([[0, 1], [0, 1, 2], [1, 2], [3, 4], [3, 4], [4, 5, 3]], 6)
    scores = svd.score(people_of([[0], [5]], 6))
    assert scores[0, :3].min() > 0.01
    assert scores[1, 3:].min() > 0.01
    assert np.abs(scores[0, 3:]).max() < 1e-6
    assert np.abs(scores[1, :3]).max() < 1e-6


def test_an_old_interaction_counts_less_and_repeated_ones_add_up() -> None:
    svd = of([[0, 1], [0, 1, 2], [1, 2]], 3, half_life=2.0)
    one, two, both, again = svd.score(people_of([[0], [2], [0, 2], [2, 2]], 3))
    assert both == pytest.approx(one / 1.5 + two, rel=1e-5)
    assert again == pytest.approx(two / 1.5 + two, rel=1e-5)


def test_items_nobody_chose_score_nan_and_add_nothing() -> None:
    svd = of([[0, 1], [0, 1]], 3)
    scores = svd.score(people_of([[0], [2], [2, 0]], 3))
    assert np.isnan(scores[:, 2]).all()
    assert np.isnan(scores[1]).all()
    assert scores[2, :2] == pytest.approx(scores[0, :2])
    assert np.isnan(svd.similar(2)).all()
    assert svd.similar(0)[:2] == pytest.approx([1.0, 1.0])


def test_popularity_counts_as_far_as_is_set() -> None:
    histories = [[0, 1, 2], [0, 1], [0, 1], [0, 2, 1], [0, 1]]
    plain = of(histories, 3, popularity_boost=0.0).score(people_of([[0]], 3))[0]
    boosted = of(histories, 3, popularity_boost=1.0).score(people_of([[0]], 3))[0]
    assert boosted[1] / boosted[2] > plain[1] / plain[2]


def test_reasons_are_exact() -> None:
    data = checkerboard()
    svd = trained(Svd, data)
    items = np.tile([3, 0], (len(data.people), 1))
    reasons = svd.reasons(data.people, items)
    sums = np.zeros(items.shape)
    np.add.at(sums, data.people.histories.rows, reasons)
    scores = scored(svd, data.people)[:, [3, 0]]
    assert sums[:-1] == pytest.approx(scores[:-1], abs=1e-6)
    assert (reasons != 0).any()


def test_the_memory_estimate_grows_with_people_and_factors() -> None:
    small, large = checkerboard(20), checkerboard(200)
    assert Svd().memory(small) < Svd().memory(large)
    assert Svd(SvdSettings(factors=10)).memory(large) < Svd(SvdSettings(factors=100)).memory(large)


def test_damped_directions_multiply_to_ridge_regression_of_the_matrix_on_itself() -> None:
    dense = np.random.default_rng(1).random((9, 6)).astype(np.float32)
    directions, lengths = damped_directions(csr_array(dense), 6, 2.0, 0)
    vectors = directions * lengths
    gram = dense.T @ dense
    penalty = 2.0 * np.trace(gram) / 6
    assert vectors @ vectors.T == pytest.approx(
        np.linalg.inv(gram + penalty * np.eye(6)) @ gram, abs=1e-4
    )
