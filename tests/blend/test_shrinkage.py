from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import RawWeights, WeightCurve, shrinkage_shares

from .samples import N_ITEMS, noise_and_relevant, noisy, scored_cases

KNOTS = (0, 10, 50)


def raw_weights(weights: list[list[float]], best: list[int]) -> RawWeights:
    curve = WeightCurve(("a", "b", "c"), KNOTS, np.array(weights))
    return RawWeights(curve, np.array(best, dtype=np.int64))


def test_weights_are_shrunk_towards_the_best_member_of_each_knot() -> None:
    own = raw_weights([[0.5, 0.5, 0.0], [0.2, 0.4, 0.4], [1.0, 0.0, 0.0]], [2, 1, 0])
    shrunk = own.shrunk(np.array([0.5, 0.25, 1.0]))
    expected = [[0.25, 0.25, 0.5], [0.15, 0.55, 0.3], [1, 0, 0]]
    assert shrunk.weights.tolist() == [pytest.approx(row) for row in expected]
    assert shrunk.members == own.curve.members


def test_weights_that_were_chance_give_way_to_the_best_member() -> None:
    rng = np.random.default_rng(0)
    noise, relevant = noise_and_relevant(rng, 100)
    scores = [noise, rng.permuted(noise, axis=1), noisy(rng, relevant, 0.3)]
    chance = raw_weights([[0.5, 0.5, 0.0]] * 3, [2, 2, 2])
    unseen = [scored_cases(scores, relevant, length) for length in KNOTS]
    assert shrinkage_shares([chance], [unseen]).tolist() == [1, 1, 1]


def test_weights_that_proved_themselves_stay() -> None:
    rng = np.random.default_rng(1)
    noise, relevant = noise_and_relevant(rng, 200)
    left = relevant & (np.arange(N_ITEMS) < N_ITEMS // 2)
    scores = [noise, noisy(rng, left, 0.2), noisy(rng, relevant & ~left, 0.2)]
    halves = raw_weights([[0.0, 0.5, 0.5]] * 3, [1, 1, 1])
    unseen = [scored_cases(scores, relevant, length) for length in KNOTS]
    assert shrinkage_shares([halves, halves], [unseen, unseen]).tolist() == [0, 0, 0]


def test_each_length_of_history_has_its_own_shrinkage() -> None:
    rng = np.random.default_rng(2)
    own = raw_weights([[0.5, 0.5, 0.0]] * 3, [2, 2, 2])
    unseen = []
    for length, good in ((0, 0), (50, 2)):
        noise, relevant = noise_and_relevant(rng, 100)
        scores = [noise, rng.permuted(noise, axis=1), rng.permuted(noise, axis=1)]
        scores[good] = noisy(rng, relevant, 0.2)
        unseen.append(scored_cases(scores, relevant, length))
    shares = shrinkage_shares([own], [unseen])
    assert shares[0] == 0
    assert shares[2] == 1


def test_a_fold_without_anybody_counts_for_nothing() -> None:
    rng = np.random.default_rng(3)
    noise, relevant = noise_and_relevant(rng, 100)
    scores = [noise, rng.permuted(noise, axis=1), noisy(rng, relevant, 0.3)]
    somebody = scored_cases(scores, relevant)
    nobody = scored_cases([own[:0] for own in scores], relevant[:0])
    own = raw_weights([[0.5, 0.5, 0.0]] * 3, [2, 2, 2])
    assert shrinkage_shares([own, own], [[nobody], [somebody]]).tolist() == [1, 1, 1]
