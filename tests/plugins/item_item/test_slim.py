from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.slim import Slim, SlimSettings, alike, elastic_net

NAN = float("nan")


def untimed(histories: list[list[int]], n_items: int) -> TrainingData:
    times = [[NAN] * len(history) for history in histories]
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


def fitted(histories: list[list[int]], n_items: int, **settings: float) -> Slim:
    plain = {"l2_regularization": 0.0, "l1_regularization": 0.0} | settings
    chosen = SlimSettings(**plain)  # type: ignore[arg-type]
    return Slim(chosen).fit(untimed(histories, n_items), no_progress)


def test_one_predictor_is_solved_in_closed_form() -> None:
    # two of three people of item 0 chose item 1: it predicts item 1 by (2 - 0.5) / (3 + 1)
    gram = np.array([[3, 2], [2, 2]], dtype=np.float32)
    target, predictor = np.array([1]), np.array([[0]])
    weights = elastic_net(gram, target, predictor, np.float32(1.0), np.float32(0.5), 5)
    assert weights == pytest.approx(np.array([[1.5 / 4]]))


def test_many_epochs_find_the_least_squares_where_no_weight_is_negative() -> None:
    presence = np.array([[1, 0, 1], [1, 1, 1], [0, 1, 1], [1, 0, 0]], dtype=np.float32)
    gram = presence.T @ presence
    weights = elastic_net(
        gram, np.array([2]), np.array([[0, 1]]), np.float32(0.0), np.float32(0.0), 200
    )
    expected, *_ = np.linalg.lstsq(presence[:, :2], presence[:, 2])
    assert weights[0] == pytest.approx(expected, abs=1e-4)


def test_weights_are_never_negative_and_l1_leaves_links_out() -> None:
    random = np.random.default_rng(0)
    presence = (random.random((200, 12)) < 0.3).astype(np.float32)
    gram, targets = presence.T @ presence, np.arange(12)
    predictors = alike(gram, targets, 11)
    dense, sparse = (
        elastic_net(gram, targets, predictors, np.float32(1.0), np.float32(least), 20)
        for least in (0.0, 15.0)
    )
    assert dense.min() == 0
    assert sparse.min() == 0
    assert (sparse > 0).sum() < (dense > 0).sum()


def test_predictors_are_the_most_alike_and_never_the_item_itself() -> None:
    gram = np.array([[4, 3, 2], [3, 9, 1], [2, 1, 1]], dtype=np.float32)
    # item 0 has most in common with item 1, but item 2 is always beside it
    assert alike(gram, np.array([0]), 1).tolist() == [[2]]
    assert sorted(alike(gram, np.array([0]), 2)[0].tolist()) == [1, 2]


def test_an_item_is_predicted_by_what_it_goes_with_and_not_by_what_explains_no_more() -> None:
    # item 2 always comes with 0; item 1 comes with 0 and 2, but adds nothing to 0
    slim = fitted([[0, 1, 2], [0, 2], [0, 1, 2], [0, 2], [3]], 4)
    assert slim.similar(0)[2] == pytest.approx(1.0, abs=0.05)
    assert slim.similar(1)[2] == pytest.approx(0.0, abs=0.05)


def test_a_score_adds_up_the_links_of_the_history() -> None:
    slim = fitted([[0, 1], [0, 1], [0, 2], [3]], 5, half_life=1.0)
    score = slim.score(people_of([[2, 1]], 5))[0]
    assert score[0] == pytest.approx(0.5 * slim.similar(2)[0] + slim.similar(1)[0])
    assert np.isnan(score[4])


def test_items_over_the_limit_score_nan() -> None:
    slim = fitted([[0, 1], [0, 1], [0, 2]], 3, max_items=2)
    scores = slim.score(people_of([[0], [2]], 3))
    assert np.isnan(scores[0]).tolist() == [False, False, True]
    assert np.isnan(scores[1]).all()


def test_fitting_takes_no_more_memory_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tastemaker_plugins.item_item.slim.SOLVED_CELLS", 400_000)
    monkeypatch.setattr("tastemaker_plugins.item_item.gram.ROWS", 32)
    n_items, random = 1200, np.random.default_rng(0)
    data = untimed(random.integers(0, n_items, (400, 40)).tolist(), n_items)
    tracemalloc.start()
    Slim(SlimSettings(epochs=1)).fit(data, no_progress)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 4 * n_items**2 < peak <= Slim().memory(data)
