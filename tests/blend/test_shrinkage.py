from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import RawWeights, WeightCurve, shrinkage_shares

from .test_learning import N_ITEMS, members_alike, noisy, trial

KNOTS = (0, 10, 50)


def drafted(weights: list[list[float]], best: list[int]) -> RawWeights:
    curve = WeightCurve(("a", "b", "c"), KNOTS, np.array(weights))
    return RawWeights(curve, np.array(best, dtype=np.int64))


def test_a_draft_is_moved_towards_the_best_member_of_each_knot() -> None:
    own = drafted([[0.5, 0.5, 0.0], [0.2, 0.4, 0.4], [1.0, 0.0, 0.0]], [2, 1, 0])
    moved = own.moved(np.array([0.5, 0.25, 1.0]))
    expected = [[0.25, 0.25, 0.5], [0.15, 0.55, 0.3], [1, 0, 0]]
    assert moved.weights.tolist() == [pytest.approx(row) for row in expected]
    assert moved.members == own.curve.members


def test_weights_that_were_chance_give_way_to_the_best_member() -> None:
    rng = np.random.default_rng(0)
    noise, relevant = members_alike(rng, 100)
    scores = [noise, rng.permuted(noise, axis=1), noisy(rng, relevant, 0.3)]
    chance = drafted([[0.5, 0.5, 0.0]] * 3, [2, 2, 2])
    unseen = [trial(scores, relevant, length) for length in KNOTS]
    assert shrinkage_shares([chance], [unseen]).tolist() == [1, 1, 1]


def test_weights_that_proved_themselves_stay() -> None:
    rng = np.random.default_rng(1)
    noise, relevant = members_alike(rng, 200)
    left = relevant & (np.arange(N_ITEMS) < N_ITEMS // 2)
    scores = [noise, noisy(rng, left, 0.2), noisy(rng, relevant & ~left, 0.2)]
    halves = drafted([[0.0, 0.5, 0.5]] * 3, [1, 1, 1])
    unseen = [trial(scores, relevant, length) for length in KNOTS]
    assert shrinkage_shares([halves, halves], [unseen, unseen]).tolist() == [0, 0, 0]


def test_each_length_of_history_has_its_own_caution() -> None:
    rng = np.random.default_rng(2)
    own = drafted([[0.5, 0.5, 0.0]] * 3, [2, 2, 2])
    unseen = []
    for length, good in ((0, 0), (50, 2)):
        noise, relevant = members_alike(rng, 100)
        scores = [noise, rng.permuted(noise, axis=1), rng.permuted(noise, axis=1)]
        scores[good] = noisy(rng, relevant, 0.2)
        unseen.append(trial(scores, relevant, length))
    shares = shrinkage_shares([own], [unseen])
    assert shares[0] == 0
    assert shares[2] == 1


def test_a_cut_that_nobody_was_asked_at_says_nothing() -> None:
    rng = np.random.default_rng(3)
    noise, relevant = members_alike(rng, 100)
    scores = [noise, rng.permuted(noise, axis=1), noisy(rng, relevant, 0.3)]
    asked, unasked = trial(scores, relevant), trial([own[:0] for own in scores], relevant[:0])
    own = drafted([[0.5, 0.5, 0.0]] * 3, [2, 2, 2])
    assert shrinkage_shares([own, own], [[unasked], [asked]]).tolist() == [1, 1, 1]
