from __future__ import annotations

import numpy as np
import pytest

from tastemaker_plugins.neural.keras_training import Shuffled, keras_for
from tastemaker_plugins.neural.softmax import Rivals, softmax_loss

SHARES = np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32)


def batches() -> Shuffled:
    return Shuffled((np.arange(30),), 1, 0)


def test_few_items_are_all_rivals() -> None:
    rivals = Rivals(batches(), SHARES, 4, 0)
    assert len(rivals) == 30
    assert all(drawn.tolist() == [1, 2, 3, 4] for _, drawn in rivals)
    assert not rivals.log_expected.any()


def test_rivals_are_drawn_as_often_as_expected() -> None:
    rivals = Rivals(batches(), SHARES, 3, 0)
    drawn = np.concatenate([drawn for _ in range(200) for _, drawn in rivals])
    found = np.bincount(drawn, minlength=5)[1:] / (200 * 30)
    assert np.allclose(found, np.exp(rivals.log_expected[1:]), rtol=0.05)
    assert found.argsort().tolist() == [3, 2, 1, 0]


def test_the_same_seed_draws_the_same_rivals() -> None:
    one, same, other = (
        np.concatenate([drawn for _, drawn in Rivals(batches(), SHARES, 3, seed)])
        for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_among_all_items_it_is_the_softmax() -> None:
    scores = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    targets = np.array([1, 2, 3, 4, 4], dtype=np.int32)
    hits = scores[np.arange(5), targets - 1]
    exact = np.log(np.exp(scores).sum(axis=1)) - hits
    everyone = np.arange(1, 5, dtype=np.int32)
    with keras_for(0) as keras:
        none = keras.ops.zeros(5)
        found = softmax_loss(keras, hits, scores, targets, everyone, none)
        assert np.allclose(np.asarray(found), exact, atol=1e-5)


def test_a_sample_stands_for_all_items_on_average() -> None:
    many = 200
    draw = np.random.default_rng(0)
    scores = draw.normal(size=many).astype(np.float32)
    shares = draw.dirichlet(np.ones(many)).astype(np.float32) + np.float32(1e-3)
    exact = np.log(np.exp(scores).sum()) - scores[7]
    rivals = Rivals(batches(), shares, 100, 0)
    target = np.array([8], dtype=np.int32)
    with keras_for(0) as keras:
        expected = keras.ops.convert_to_tensor(rivals.log_expected)
        found = [
            float(
                softmax_loss(
                    keras, scores[[7]], scores[np.newaxis, drawn - 1], target, drawn, expected
                )[0]
            )
            for _, drawn in rivals
        ]
    assert np.mean(found) == pytest.approx(exact, abs=0.05)
