from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from tastemaker import State, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.ease import Ease, EaseSettings, item_weights, kept_links
from tastemaker_plugins.shared.dense_links import DenseLinks
from tastemaker_plugins.shared.links import Links

NAN = float("nan")


def untimed(histories: list[list[int]], n_items: int) -> TrainingData:
    times = [[NAN] * len(history) for history in histories]
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


def test_the_weights_are_those_of_the_closed_form() -> None:
    presence = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 0]], dtype=np.float64)
    gram = presence.T @ presence
    inverse = np.linalg.inv(gram + 2.0 * gram.diagonal().mean() * np.eye(3))
    expected = np.eye(3) - inverse / inverse.diagonal()
    np.fill_diagonal(expected, 0.0)
    found, precisions = item_weights(gram.astype(np.float32), 2.0 * float(gram.diagonal().mean()))
    assert np.allclose(found, expected, atol=1e-6)
    assert np.allclose(precisions, inverse.diagonal(), atol=1e-6)


def test_the_weights_of_many_items_are_those_of_the_closed_form_too() -> None:
    presence = (np.random.default_rng(0).random((900, 600)) < 0.1).astype(np.float64)
    gram = presence.T @ presence
    inverse = np.linalg.inv(gram + 2.0 * gram.diagonal().mean() * np.eye(600))
    expected = np.eye(600) - inverse / inverse.diagonal()
    np.fill_diagonal(expected, 0.0)
    found, _ = item_weights(gram.astype(np.float32), 2.0 * float(gram.diagonal().mean()))
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("dense_items", [10, 2048])
def test_fitting_takes_no_more_memory_than_it_says(
    dense_items: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tastemaker_plugins.item_item.ease.DENSE_ITEMS", dense_items)
    monkeypatch.setattr("tastemaker_plugins.item_item.ease.SELECTED_ROWS", 32)
    monkeypatch.setattr("tastemaker_plugins.item_item.gram.ROWS", 32)
    n_items = 1200
    histories = np.random.default_rng(0).integers(0, n_items, (400, 40)).tolist()
    data = untimed(histories, n_items)
    tracemalloc.start()
    Ease().fit(data, no_progress)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 4 * n_items**2 < peak <= Ease().memory(data)


def test_a_score_is_the_recency_weighted_sum_of_the_historys_rows() -> None:
    data = untimed([[0, 1], [0, 2], [1, 2], [0, 1]], 3)
    ease = Ease(EaseSettings(half_life=2.0)).fit(data, no_progress)
    score = ease.score(people_of([[0, 1]], 3))[0]
    # the older of two interactions has age 1: it weighs 1 / (1 + 1 / 2)
    assert np.allclose(score, ease.similar(0) / 1.5 + ease.similar(1), atol=1e-6)


def test_items_nobody_chose_and_items_over_the_limit_score_nan() -> None:
    data = untimed([[0, 1], [0, 1], [0, 2]], 4)
    ease = Ease(EaseSettings(max_items=2)).fit(data, no_progress)
    scores = ease.score(people_of([[0], [2], [3, 1]], 4))
    assert np.isfinite(scores[[0, 2]][:, :2]).all()
    assert np.isnan(scores[:, 2:]).all()
    assert np.isnan(scores[1]).all()


@pytest.mark.parametrize("length", [1, 128, 129, 400])
def test_short_and_long_histories_are_scored_alike(length: int) -> None:
    data = untimed([[0, 1], [0, 2], [1, 2], [0, 1]], 3)
    ease = Ease().fit(data, no_progress)
    people = people_of([[item % 3 for item in range(length)]], 3)
    weights = 1 / (1 + np.arange(length)[::-1] / ease.settings.half_life)
    expected = sum(weights[place] * ease.similar(place % 3) for place in range(length))
    assert np.allclose(ease.score(people)[0], expected, rtol=1e-4)


def test_kinds_without_a_positive_weight_do_not_count() -> None:
    data = untimed([[0, 1], [0, 2], [1, 2], [0, 1]], 3)
    ease = Ease().fit(data, no_progress)
    scores = ease.score(people_of([[0, 1], [1]], 3, weights=[[0.0, 1.0], [-1.0]]))
    assert np.allclose(scores[0], ease.similar(1))
    assert np.isnan(scores[1]).all()


MATRIX = np.array([[0, 3, -4, 1], [2, 0, 1, 0], [1, -1, 0, 2], [0, 0, 5, 0]], dtype=np.float32)


def test_a_small_matrix_is_kept_whole_and_its_columns_are_multiplied() -> None:
    places, factors = np.array([0, 2, 3, 4], dtype=np.int32), np.array([2, 9, 1, 1, 3], np.float32)
    links = kept_links(places, MATRIX.copy(), factors)
    assert isinstance(links, DenseLinks)
    assert links.row(0) == pytest.approx([0, NAN, 3, -4, 3], nan_ok=True)
    assert np.isnan(links.row(1)).all()


def test_of_a_large_matrix_the_strongest_links_for_and_against_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tastemaker_plugins.item_item.ease.DENSE_ITEMS", 3)
    monkeypatch.setattr("tastemaker_plugins.item_item.ease.KEPT_LINKS", 2)
    places, factors = np.array([0, 2, 3, 4], dtype=np.int32), np.array([2, 9, 1, 1, 3], np.float32)
    links = kept_links(places, MATRIX.copy(), factors)
    assert isinstance(links, Links)
    # chosen before they are multiplied: 3 and -4, not the 1 that becomes 3
    assert links.row(0) == pytest.approx([0, NAN, 3, -4, 0], nan_ok=True)
    assert links.row(4) == pytest.approx([0, NAN, 0, 5, 0], nan_ok=True)


def test_the_strongest_links_score_as_the_whole_matrix_where_they_are_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, people = untimed([[0, 1], [0, 2], [1, 2, 4], [0, 1]], 6), people_of([[0, 1], [4]], 6)
    whole = Ease().fit(data, no_progress)
    monkeypatch.setattr("tastemaker_plugins.item_item.ease.DENSE_ITEMS", 3)
    strongest = Ease().fit(data, no_progress)
    assert isinstance(whole.links, DenseLinks)
    assert isinstance(strongest.links, Links)
    items = np.array([[0, 2, 3], [1, 2, 5]])
    for one, other in (
        (whole.score(people), strongest.score(people)),
        (whole.score_items(people, items), strongest.score_items(people, items)),
        (whole.reasons(people, items), strongest.reasons(people, items)),
    ):
        assert np.allclose(one, other, atol=1e-6, equal_nan=True)
    assert np.array_equal(whole.retrieve(people, 3), strongest.retrieve(people, 3))


def test_a_release_with_the_matrix_in_float32_is_restored_without_a_copy() -> None:
    places, matrix = np.array([0, 2], dtype=np.int32), np.array([[0, 0.3], [0.7, 0]], np.float32)
    state = State({"places": places, "links": matrix}, {"n_items": 3, "half_life": 6.0})
    ease = Ease.restore(state)
    assert isinstance(ease.links, DenseLinks)
    assert np.shares_memory(ease.links.links, matrix)
    assert np.array_equal(
        ease.score(people_of([[2]], 3))[0], np.array([0.7, np.nan, 0], np.float32), equal_nan=True
    )
