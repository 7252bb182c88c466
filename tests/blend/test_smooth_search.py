from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend.smooth_search import best_weights

from .samples import noise_and_relevant, noisy, scored_cases

KNOTS = (0, 10)
EVEN = np.ones(1)


def test_two_members_that_score_alike_get_half_each() -> None:
    rng = np.random.default_rng(0)
    _, relevant = noise_and_relevant(rng, 50)
    same = noisy(rng, relevant, 0.5)
    weights = best_weights([scored_cases([same, same], relevant)], EVEN, KNOTS)
    assert weights == pytest.approx(np.full((2, 2), 0.5), abs=1e-6)


def test_a_member_that_ranks_backwards_gets_nothing() -> None:
    rng = np.random.default_rng(1)
    _, relevant = noise_and_relevant(rng, 50)
    good = noisy(rng, relevant, 0.5)
    weights = best_weights([scored_cases([good, -good], relevant)], EVEN, KNOTS)
    assert weights == pytest.approx(np.array([[1, 0], [1, 0]]), abs=1e-6)


def test_a_group_counts_by_its_merit() -> None:
    rng = np.random.default_rng(2)
    scored = []
    for good in (0, 1):
        noise, relevant = noise_and_relevant(rng, 100)
        scores = [noise, rng.permuted(noise, axis=1)]
        scores[good] = noisy(rng, relevant, 0.5)
        scored.append(scored_cases(scores, relevant))
    first = best_weights(scored, np.array([1.0, 0.01]), KNOTS)
    second = best_weights(scored, np.array([0.01, 1.0]), KNOTS)
    assert (first[:, 0] > 0.8).all() and (second[:, 1] > 0.8).all()


def test_a_length_that_nobody_has_is_weighted_like_its_neighbour() -> None:
    rng = np.random.default_rng(3)
    noise, relevant = noise_and_relevant(rng, 100)
    cases = scored_cases([noise, noisy(rng, relevant, 0.5)], relevant, 10)
    weights = best_weights([cases], EVEN, KNOTS)
    assert (weights[:, 1] > 0.8).all()


def test_where_no_member_ranks_anything_relevant_high_all_weigh_the_same() -> None:
    rng = np.random.default_rng(4)
    noise, relevant = noise_and_relevant(rng, 20)
    missed = np.where(relevant, np.float32(-9), noise)
    weights = best_weights([scored_cases([missed, 2 * missed], relevant)], EVEN, KNOTS)
    assert weights == pytest.approx(np.full((2, 2), 0.5))
