from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import FittedWeights, ScoredCases, WeightCurve, fit_weights, select_candidates
from tastemaker.blend.guarantee import buckets, guaranteed
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array

N_ITEMS = 60


def members_alike(rng: np.random.Generator, n: int) -> tuple[Float32Array, BoolArray]:
    """Noise, and four relevant items for each of n people."""
    relevant = np.zeros((n, N_ITEMS), dtype=bool)
    relevant[:, :4] = True
    relevant = rng.permuted(relevant, axis=1)
    return rng.standard_normal((n, N_ITEMS)).astype(np.float32), relevant


def trial(
    scores: list[Float32Array], relevant: BoolArray, length: int | Int64Array = 10
) -> ScoredCases:
    n = len(relevant)
    candidates = select_candidates(np.stack(scores), np.zeros((n, N_ITEMS), dtype=bool), depth=30)
    hits = relevant[np.arange(n)[:, None], candidates.items] & candidates.valid
    lengths = np.broadcast_to(np.asarray(length, dtype=np.int64), (n,)).copy()
    return ScoredCases(candidates, hits, relevant.sum(axis=1), lengths)


def noisy(rng: np.random.Generator, relevant: BoolArray, noise: float) -> Float32Array:
    """A member that sees what is relevant through noise."""
    return (relevant + noise * rng.standard_normal(relevant.shape)).astype(np.float32)


def blend_of(lesson: FittedWeights, part: ScoredCases) -> Float64Array:
    return part.quality(lesson.curve.at(part.lengths), lesson.curve.carry, 10)


def assert_guaranteed(lesson: FittedWeights) -> None:
    assert lesson.buckets
    for bucket in lesson.buckets:
        assert bucket.blend >= max(bucket.alone.values()) - 1e-9


def test_a_member_that_knows_gets_all_the_weight_and_noise_gets_none() -> None:
    rng = np.random.default_rng(0)
    noise, relevant = members_alike(rng, 100)
    lesson = fit_weights(["noise", "oracle"], [trial([noise, noisy(rng, relevant, 0.3)], relevant)])
    assert lesson.curve.weights[:, 1] == pytest.approx(1.0, abs=0.15)
    assert_guaranteed(lesson)


def test_two_members_that_each_know_half_share_the_weight_and_beat_both() -> None:
    rng = np.random.default_rng(1)
    noise, relevant = members_alike(rng, 100)
    left = relevant & (np.arange(N_ITEMS) < N_ITEMS // 2)
    scores = [noise, noisy(rng, left, 0.2), noisy(rng, relevant & ~left, 0.2)]
    lesson = fit_weights(["noise", "left", "right"], [trial(scores, relevant)])
    assert (lesson.curve.weights[:, 1:] > 0.3).all()
    assert_guaranteed(lesson)
    assert lesson.buckets[0].blend > max(lesson.buckets[0].alone.values()) + 0.2


def test_a_member_that_is_silent_to_everybody_does_not_live_on_what_the_others_say() -> None:
    # together, evenly, they rank better than any one of them: that is not the silent one's merit
    rng = np.random.default_rng(9)
    _, relevant = members_alike(rng, 200)
    scores = [noisy(rng, relevant, 1.0) for _ in range(4)]
    abstained = np.full_like(scores[0], np.nan)
    lesson = fit_weights(["silent", "a", "b", "c", "d"], [trial([abstained, *scores], relevant)])
    assert (lesson.curve.weights[:, 0] == 0).all()
    assert lesson.buckets[0].alone["silent"] == 0
    assert_guaranteed(lesson)


def test_the_weights_follow_the_length_of_the_history() -> None:
    rng = np.random.default_rng(2)
    trials = []
    for length, good in ((1, 0), (100, 1)):
        noise, relevant = members_alike(rng, 100)
        scores = [noise, noise]
        scores[good] = noisy(rng, relevant, 0.3)
        trials.append(trial(scores, relevant, length))
    lesson = fit_weights(["short", "long"], trials)
    weights = lesson.curve.at(np.array([1, 100]))
    assert weights[0, 0] > 0.85
    assert weights[1, 1] > 0.85
    assert_guaranteed(lesson)


def test_a_recent_cut_that_misleads_is_outvoted_by_those_that_agree() -> None:
    rng = np.random.default_rng(3)
    trials = []
    for good in (0, 0, 1):
        noise, relevant = members_alike(rng, 80)
        scores = [noise, rng.permuted(noise, axis=1)]
        scores[good] = noisy(rng, relevant, 0.4)
        trials.append(trial(scores, relevant))
    lesson = fit_weights(["usually", "lately"], trials)
    assert (lesson.curve.weights[:, 0] > lesson.curve.weights[:, 1]).all()


def test_a_member_that_is_silent_for_some_is_used_for_the_others() -> None:
    rng = np.random.default_rng(4)
    noise, relevant = members_alike(rng, 100)
    oracle = noisy(rng, relevant, 0.2)
    oracle[::2] = np.nan
    lesson = fit_weights(["fair", "oracle"], [trial([noisy(rng, relevant, 0.8), oracle], relevant)])
    assert (lesson.curve.weights[:, 1] > 0.5).all()
    assert_guaranteed(lesson)


def test_a_member_that_is_silent_to_all_newcomers_has_no_weight_there() -> None:
    rng = np.random.default_rng(9)
    trials = []
    for length in (0, 1):
        noise, relevant = members_alike(rng, 60)
        fair, good = noisy(rng, relevant, 0.8), noisy(rng, relevant, 0.3)
        if length == 0:
            good[:] = np.nan
        trials.append(trial([fair, good], relevant, length))
    curve = fit_weights(["fair", "good"], trials).curve
    assert curve.weights[0].tolist() == [1, 0]
    assert curve.weights[1, 1] > 0.5


@pytest.mark.parametrize("seed", range(8))
def test_the_guarantee_holds_for_any_curve_and_any_members(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trials = []
    for _ in range(3):
        noise, relevant = members_alike(rng, 60)
        scores = [noisy(rng, relevant, factor) for factor in rng.uniform(0.5, 3, 3)]
        for member in scores:
            member[rng.random(len(member)) < 0.2] = np.nan
        trials.append(trial([noise, *scores], relevant, rng.integers(0, 90, 60)))
    knots = (0, 1, 2, 5, 10, 20, 50)
    curve = WeightCurve(tuple("abcd"), knots, rng.dirichlet(np.full(4, 0.2), len(knots)))
    apply_guarantee = guaranteed(curve, trials, 10)
    for bucket in buckets(apply_guarantee, knots, trials, 10):
        assert bucket.blend >= max(bucket.alone.values()) - 1e-9
    assert sum(bucket.people for bucket in buckets(apply_guarantee, knots, trials, 10)) == 180


def test_interpolation_towards_a_misleading_neighbour_is_ended_by_a_knot() -> None:
    rng = np.random.default_rng(5)
    trials = []
    for length, good in ((9, 0), (10, 1)):
        noise, relevant = members_alike(rng, 60)
        scores = [noise, -relevant.astype(np.float32)]
        scores[good] = noisy(rng, relevant, 0.1)
        scores[1 - good] = -relevant.astype(np.float32) * np.float32(9)
        trials.append(trial(scores, relevant, length))
    curve = WeightCurve(("a", "b"), (0, 10), np.array([[0.5, 0.5], [0.5, 0.5]]))
    apply_guarantee = guaranteed(curve, trials, 10)
    assert apply_guarantee.knots == (0, 9, 10)
    for bucket in buckets(apply_guarantee, (0, 10), trials, 10):
        assert bucket.blend >= max(bucket.alone.values()) - 1e-9


def test_learning_is_deterministic() -> None:
    rng = np.random.default_rng(6)
    noise, relevant = members_alike(rng, 50)
    trials = [trial([noise, noisy(rng, relevant, 1.0), noisy(rng, relevant, 1.0)], relevant)]
    first, second = (fit_weights(["a", "b", "c"], trials, seed=3).curve for _ in range(2))
    assert first.to_json() == second.to_json()


def test_with_nothing_to_learn_from_everybody_counts_alike() -> None:
    noise, relevant = members_alike(np.random.default_rng(7), 0)
    for trials in ([], [trial([noise, noise], relevant)]):
        lesson = fit_weights(["a", "b"], trials)
        assert lesson.curve.weights.tolist() == [[0.5, 0.5]]
        assert lesson.buckets == ()


def test_one_person_is_enough_to_learn_from() -> None:
    noise, relevant = members_alike(np.random.default_rng(8), 1)
    lesson = fit_weights(["a", "b"], [trial([noise, relevant.astype(np.float32)], relevant)])
    assert_guaranteed(lesson)
