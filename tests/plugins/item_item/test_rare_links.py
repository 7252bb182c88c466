from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker import Float32Array, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.ease import Ease, EaseSettings
from tastemaker_plugins.item_item.rare_links import rare_items, regress_rare_items

NAN = float("nan")
FREQUENT = np.array([0, 1, 2], dtype=np.int32)
CHOSEN = np.array(
    [
        [1, 1, 0, 0, 1],
        [1, 0, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [1, 1, 0, 0, 1],
        [0, 0, 1, 0, 0],
    ],
    dtype=np.float32,
)


def untimed(histories: list[list[int]], n_items: int) -> TrainingData:
    times = [[NAN] * len(history) for history in histories]
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


def gram_of(chosen: Float32Array) -> Float32Array:
    return chosen.T @ chosen


def test_rare_items_are_the_most_chosen_ones_that_are_not_frequent() -> None:
    matrix = csr_array(CHOSEN)
    assert rare_items(matrix, FREQUENT, 5).tolist() == [4]  # nobody chose item 3
    assert rare_items(matrix, FREQUENT, 3).tolist() == []
    assert rare_items(matrix, FREQUENT[:1], 3).tolist() == [1, 2]


def test_with_all_items_as_predictors_a_rare_one_is_a_column_of_ease() -> None:
    ridge = 2.0
    found = regress_rare_items(
        csr_array(CHOSEN),
        FREQUENT,
        gram_of(CHOSEN[:, :3]),
        np.array([4], dtype=np.int32),
        ridge,
        1,
    )
    chosen = CHOSEN[:, [0, 1, 2, 4]].astype(np.float64)
    inverse = np.linalg.inv(chosen.T @ chosen + ridge * np.eye(4))
    whole = -inverse / inverse.diagonal()
    order = found.predictors[0]
    assert found.weights[0] == pytest.approx(whole[:3, 3][order], abs=1e-5)
    assert found.precisions[0] == pytest.approx(inverse[3, 3], abs=1e-5)
    both = found.both_ways(FREQUENT, inverse.diagonal()[:3].astype(np.float32))
    assert both.partners[0].tolist() == order.tolist()
    assert both.to_rare[0] == pytest.approx(found.weights[0])
    assert both.from_rare[0] == pytest.approx(whole[3, :3][order], abs=1e-5)


def test_items_beyond_the_dense_ones_are_recommended_and_recommend() -> None:
    histories = [[0, 1], [0, 1], [0, 2], [0, 1, 3], [0, 1, 3], [2, 4], [2, 4]]
    data, people = untimed(histories, 6), people_of([[1], [3]], 6)
    ease = Ease(EaseSettings(dense_items=3, regularization=0.5)).fit(data, no_progress)
    scores = ease.score(people)
    assert scores[0, 3] > max(scores[0, 4], 0)  # 3 goes with 1, 4 with 2
    assert scores[1, 1] > max(scores[1, 2], 0)
    assert np.isnan(scores[:, 5]).all()
    restored = Ease.restore(ease.state())
    assert np.array_equal(restored.score(people), scores, equal_nan=True)


def test_items_over_the_limit_are_unknown() -> None:
    data = untimed([[0, 1], [0, 1, 2], [0, 1, 2], [0, 3]], 4)
    ease = Ease(EaseSettings(dense_items=2, max_items=3)).fit(data, no_progress)
    known = np.isfinite(ease.score(people_of([[0]], 4))[0])
    assert known.tolist() == [True, True, True, False]


def test_fitting_takes_no_more_memory_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tastemaker_plugins.item_item.ease.SELECTED_ROWS", 32)
    monkeypatch.setattr("tastemaker_plugins.item_item.gram.ROWS", 32)
    n_items = 3000
    histories = np.random.default_rng(0).integers(0, n_items, (600, 40)).tolist()
    data, ease = untimed(histories, n_items), Ease(EaseSettings(dense_items=1000))
    tracemalloc.start()
    ease.fit(data, no_progress)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 4 * 1000**2 < peak <= ease.memory(data)
