from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.blend.samples import assert_guaranteed
from tests.blend.test_member_subset import cases_of as scored_cases

from tastemaker.blend import WeightCurve, fit_weights, keep_members
from tastemaker.training.weights import learn_weights, moved_weight


def test_members_without_weight_are_left_out_and_the_guarantee_holds_for_the_others() -> None:
    everything = scored_cases([0, 1, 2, 3])
    # a member that scores the opposite of another one is never of use
    values = everything.candidates.values.copy()
    values[0] += everything.relevant * np.float32(4)
    values[3] = -values[0]
    cases = [replace(everything, candidates=replace(everything.candidates, values=values))]
    names = ["good", "noise", "other noise", "bad"]
    learned = learn_weights(names, [cases])
    curve = learned.curve
    assert learned.measured is curve
    assert learned.moved == ()
    assert "good" in curve.members
    assert "bad" not in curve.members
    kept = [keep_members(one, [names.index(name) for name in curve.members]) for one in cases]
    assert_guaranteed(curve, kept)


def test_where_all_members_have_weight_all_stay() -> None:
    everything = scored_cases([0, 1])
    once = fit_weights(["a", "b"], [everything])
    assert (once.weights.max(axis=0) > 0.1).all()
    curve = learn_weights(["a", "b"], [[everything]]).curve
    assert np.array_equal(curve.weights, once.weights)


def test_what_is_measured_has_not_seen_the_latest_fold() -> None:
    everything = scored_cases([0, 1])
    values = everything.candidates.values.copy()
    values[0] = everything.relevant
    values[1] = -values[0]
    good = replace(everything, candidates=replace(everything.candidates, values=values))
    bad = replace(good, candidates=replace(good.candidates, values=values[::-1].copy()))
    for latest, older, knows in ((bad, good, "a"), (good, bad, "b")):
        measured = learn_weights(["a", "b"], [[latest], [older], [older]]).measured
        assert measured.weights[-1, measured.members.index(knows)] == 1


def test_weights_move_where_a_fold_disagrees_with_the_others_and_nowhere_else() -> None:
    everything = scored_cases([0, 1])
    values = everything.candidates.values.copy()
    values[0] = everything.relevant
    values[1] = -values[0]
    good = replace(everything, candidates=replace(everything.candidates, values=values))
    bad = replace(good, candidates=replace(good.candidates, values=values[::-1].copy()))
    same = learn_weights(["a", "b"], [[good], [good], [good]]).moved
    assert same == pytest.approx([0, 0, 0], abs=1e-6)
    # each of two folds alone gives all weight to a member, both together something to each
    moved = learn_weights(["a", "b"], [[good], [bad]]).moved
    assert sum(moved) == pytest.approx(1, abs=1e-6)
    assert min(moved) > 0.1


def test_half_of_the_weight_moves_between_a_curve_of_one_member_and_one_of_two() -> None:
    one = WeightCurve(("a", "b"), (0,), np.array([[1.0, 0.0]]))
    both = WeightCurve(("a", "b"), (0,), np.array([[0.5, 0.5]]))
    assert moved_weight(one, both, [scored_cases([0, 1])]) == pytest.approx(0.5)
