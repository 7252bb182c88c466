from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import fit_weights

from .samples import (
    N_ITEMS,
    assert_guaranteed,
    mean_ndcg,
    noise_and_relevant,
    noisy,
    scored_cases,
)


def test_a_member_that_knows_gets_all_the_weight_and_noise_gets_none() -> None:
    rng = np.random.default_rng(0)
    noise, relevant = noise_and_relevant(rng, 100)
    scored = [scored_cases([noise, noisy(rng, relevant, 0.3)], relevant)]
    curve = fit_weights(["noise", "oracle"], scored)
    assert curve.weights[:, 1] == pytest.approx(1.0, abs=0.15)
    assert_guaranteed(curve, scored)


def test_two_members_that_each_know_half_share_the_weight_and_beat_both() -> None:
    rng = np.random.default_rng(1)
    noise, relevant = noise_and_relevant(rng, 100)
    left = relevant & (np.arange(N_ITEMS) < N_ITEMS // 2)
    scores = [noise, noisy(rng, left, 0.2), noisy(rng, relevant & ~left, 0.2)]
    cases = scored_cases(scores, relevant)
    curve = fit_weights(["noise", "left", "right"], [cases])
    assert (curve.weights[:, 1:] > 0.3).all()
    assert_guaranteed(curve, [cases])
    blend, members = mean_ndcg(curve, cases)
    assert blend > members.max() + 0.2


def test_a_member_that_abstains_on_everybody_has_no_merit_by_the_others() -> None:
    # together, evenly, the others rank better than any one of them
    rng = np.random.default_rng(9)
    _, relevant = noise_and_relevant(rng, 200)
    scores = [noisy(rng, relevant, 1.0) for _ in range(4)]
    abstained = np.full_like(scores[0], np.nan)
    cases = scored_cases([abstained, *scores], relevant)
    curve = fit_weights(["abstaining", "a", "b", "c", "d"], [cases])
    assert (curve.weights[:, 0] == 0).all()
    assert mean_ndcg(curve, cases)[1][0] == 0
    assert_guaranteed(curve, [cases])


def test_the_weights_follow_the_length_of_the_history() -> None:
    rng = np.random.default_rng(2)
    scored = []
    for length, good in ((1, 0), (100, 1)):
        noise, relevant = noise_and_relevant(rng, 100)
        scores = [noise, noise]
        scores[good] = noisy(rng, relevant, 0.3)
        scored.append(scored_cases(scores, relevant, length))
    curve = fit_weights(["short", "long"], scored)
    weights = curve.at(np.array([1, 100]))
    assert weights[0, 0] > 0.85
    assert weights[1, 1] > 0.85
    assert_guaranteed(curve, scored)


def test_a_recent_fold_that_misleads_is_outvoted_by_those_that_agree() -> None:
    rng = np.random.default_rng(3)
    scored = []
    for good in (0, 0, 1):
        noise, relevant = noise_and_relevant(rng, 80)
        scores = [noise, rng.permuted(noise, axis=1)]
        scores[good] = noisy(rng, relevant, 0.4)
        scored.append(scored_cases(scores, relevant))
    curve = fit_weights(["usually", "lately"], scored)
    assert (curve.weights[:, 0] > curve.weights[:, 1]).all()


def test_a_member_that_abstains_on_some_is_used_for_the_others() -> None:
    rng = np.random.default_rng(4)
    _, relevant = noise_and_relevant(rng, 100)
    oracle = noisy(rng, relevant, 0.2)
    oracle[::2] = np.nan
    scored = [scored_cases([noisy(rng, relevant, 0.8), oracle], relevant)]
    curve = fit_weights(["fair", "oracle"], scored)
    assert (curve.weights[:, 1] > 0.5).all()
    assert_guaranteed(curve, scored)


def test_a_member_that_abstains_on_all_new_people_has_no_weight_there() -> None:
    rng = np.random.default_rng(9)
    scored = []
    for length in (0, 1):
        _, relevant = noise_and_relevant(rng, 60)
        fair, good = noisy(rng, relevant, 0.8), noisy(rng, relevant, 0.3)
        if length == 0:
            good[:] = np.nan
        scored.append(scored_cases([fair, good], relevant, length))
    curve = fit_weights(["fair", "good"], scored)
    assert curve.weights[0].tolist() == [1, 0]
    assert curve.weights[1, 1] > 0.5


def test_learning_is_deterministic() -> None:
    rng = np.random.default_rng(6)
    noise, relevant = noise_and_relevant(rng, 50)
    scores = [noise, noisy(rng, relevant, 1.0), noisy(rng, relevant, 1.0)]
    scored = [scored_cases(scores, relevant)]
    first, second = (fit_weights(["a", "b", "c"], scored) for _ in range(2))
    assert first.to_json() == second.to_json()


def test_with_nothing_to_learn_from_all_members_have_the_same_weight() -> None:
    noise, relevant = noise_and_relevant(np.random.default_rng(7), 0)
    for scored in ([], [scored_cases([noise, noise], relevant)]):
        assert fit_weights(["a", "b"], scored).weights.tolist() == [[0.5, 0.5]]


def test_one_person_is_enough_to_learn_from() -> None:
    noise, relevant = noise_and_relevant(np.random.default_rng(8), 1)
    scored = [scored_cases([noise, relevant.astype(np.float32)], relevant)]
    assert_guaranteed(fit_weights(["a", "b"], scored), scored)
