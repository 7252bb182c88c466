from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.ease import Ease, EaseSettings, item_weights

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
    found = item_weights(gram.astype(np.float32), 2.0)
    assert np.allclose(found, expected, atol=1e-6)


def test_a_score_is_the_recency_weighted_sum_of_the_historys_rows() -> None:
    data = untimed([[0, 1], [0, 2], [1, 2], [0, 1]], 3)
    ease = Ease(EaseSettings(half_life=2.0)).fit(data, no_progress)
    score = ease.score(people_of([[0, 1]], 3))[0]
    # the older of two interactions has age 1: it weighs 1 / (1 + 1 / 2)
    assert np.allclose(score, ease.links[0] / 1.5 + ease.links[1], atol=1e-6)


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
    expected = sum(weights[place] * ease.links[place % 3] for place in range(length))
    assert np.allclose(ease.score(people)[0], expected, rtol=1e-4)


def test_kinds_without_a_positive_weight_do_not_count() -> None:
    data = untimed([[0, 1], [0, 2], [1, 2], [0, 1]], 3)
    ease = Ease().fit(data, no_progress)
    scores = ease.score(people_of([[0, 1], [1]], 3, weights=[[0.0, 1.0], [-1.0]]))
    assert np.allclose(scores[0], ease.links[1])
    assert np.isnan(scores[1]).all()
