from __future__ import annotations

import numpy as np
import pytest

from tastemaker_plugins.neural.keras_training import Shuffled, keras_for
from tastemaker_plugins.neural.sampled_softmax import SampledNegatives, softmax_loss

SHARES = np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32)


def batches() -> Shuffled:
    return Shuffled((np.arange(30),), 1, 0)


def test_few_items_are_all_negatives() -> None:
    negatives = SampledNegatives(batches(), SHARES, 4, 0)
    assert len(negatives) == 30
    assert all(drawn.tolist() == [1, 2, 3, 4] for _, drawn in negatives)
    assert not negatives.log_expected.any()


def test_negatives_are_drawn_as_often_as_expected() -> None:
    negatives = SampledNegatives(batches(), SHARES, 3, 0)
    drawn = np.concatenate([drawn for _ in range(200) for _, drawn in negatives])
    found = np.bincount(drawn, minlength=5)[1:] / (200 * 30)
    assert np.allclose(found, np.exp(negatives.log_expected[1:]), rtol=0.05)
    assert found.argsort().tolist() == [3, 2, 1, 0]


def test_the_same_seed_draws_the_same_negatives() -> None:
    one, same, other = (
        np.concatenate([drawn for _, drawn in SampledNegatives(batches(), SHARES, 3, seed)])
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
    negatives = SampledNegatives(batches(), shares, 100, 0)
    target = np.array([8], dtype=np.int32)
    with keras_for(0) as keras:
        expected = keras.ops.convert_to_tensor(negatives.log_expected)
        found = [
            float(
                softmax_loss(
                    keras, scores[[7]], scores[np.newaxis, drawn - 1], target, drawn, expected
                )[0]
            )
            for _, drawn in negatives
        ]
    assert np.mean(found) == pytest.approx(exact, abs=0.05)
