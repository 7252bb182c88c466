from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.predictors import DenseCoOccurrence, Systems
from tastemaker_plugins.item_item.slim import Slim, SlimSettings, elastic_net

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
    predictor = np.array([[0]])
    inner, cross = np.array([[[3]]], dtype=np.float32), np.array([[2]], dtype=np.float32)
    systems = Systems(predictor, inner, cross)
    weights = elastic_net(systems, np.float32(1.0), np.float32(0.5), 5)
    assert weights == pytest.approx(np.array([[1.5 / 4]]))


def test_many_epochs_find_the_least_squares_where_no_weight_is_negative() -> None:
    presence = np.array([[1, 0, 1], [1, 1, 1], [0, 1, 1], [1, 0, 0]], dtype=np.float32)
    systems = DenseCoOccurrence(presence.T @ presence).systems(np.array([2]), 2)
    weights = elastic_net(systems, np.float32(0.0), np.float32(0.0), 200)
    expected, *_ = np.linalg.lstsq(presence[:, systems.predictors[0]], presence[:, 2])
    assert weights[0] == pytest.approx(expected, abs=1e-4)


def test_weights_are_never_negative_and_l1_leaves_links_out() -> None:
    random = np.random.default_rng(0)
    presence = (random.random((200, 12)) < 0.3).astype(np.float32)
    systems = DenseCoOccurrence(presence.T @ presence).systems(np.arange(12), 11)
    dense, sparse = (
        elastic_net(systems, np.float32(1.0), np.float32(least), 20) for least in (0.0, 15.0)
    )
    assert dense.min() == 0
    assert sparse.min() == 0
    assert (sparse > 0).sum() < (dense > 0).sum()


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


def test_without_the_whole_matrix_the_links_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    histories = [np.unique(random.zipf(1.5, 20) % 60).tolist() for _ in range(150)]
    settings = {"l2_regularization": 2.0, "l1_regularization": 0.1, "n_predictors": 20}
    whole = fitted(histories, 61, **settings)
    monkeypatch.setattr("tastemaker_plugins.item_item.predictors.WHOLE_GRAM_ITEMS", 10)
    monkeypatch.setattr("tastemaker_plugins.item_item.predictors.TARGETS", 7)
    parts = fitted(histories, 61, **settings)
    for item in range(61):
        assert parts.similar(item) == pytest.approx(whole.similar(item), abs=1e-3, nan_ok=True)


def test_of_many_interactions_only_the_items_of_a_dense_matrix_are_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tastemaker_plugins.item_item.slim.WHOLE_GRAM_ITEMS", 2)
    histories = [[0, 1], [0, 1], [0, 2]]
    assert np.isfinite(fitted(histories, 3).similar(2)).any()
    monkeypatch.setattr("tastemaker_plugins.item_item.slim.MANY_INTERACTIONS", 5)
    assert np.isnan(fitted(histories, 3).similar(2)).all()


@pytest.mark.parametrize("dense_items", [10, 12_000])
def test_fitting_takes_no_more_memory_than_it_says(
    dense_items: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("slim", "predictors"):
        name = f"tastemaker_plugins.item_item.{module}.WHOLE_GRAM_ITEMS"
        monkeypatch.setattr(name, dense_items)
    monkeypatch.setattr("tastemaker_plugins.item_item.slim.SOLVED_CELLS", 400_000)
    monkeypatch.setattr("tastemaker_plugins.item_item.gram.ROWS", 32)
    n_items, random = 1200, np.random.default_rng(0)
    data = untimed(random.integers(0, n_items, (400, 40)).tolist(), n_items)
    tracemalloc.start()
    Slim(SlimSettings(epochs=1)).fit(data, no_progress)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= Slim().memory(data)
    assert (peak > 4 * n_items**2) == (n_items <= dense_items)
