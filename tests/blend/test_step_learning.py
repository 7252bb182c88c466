from __future__ import annotations

from dataclasses import replace

import numpy as np

from tastemaker.blend import WeightCurve, fit_weights
from tastemaker.blend.step_learning import learn_steps

from .stepped_world import BORDER, world


def test_the_step_that_is_right_is_learnt_and_gains_on_others() -> None:
    cases = [world(0, True), world(1, True)]
    curve = fit_weights(["smooth", "stepped"], cases)
    steps = learn_steps(curve, cases)
    assert steps is not None
    of_second = steps.members == 1
    steepest = np.argmax(np.where(of_second, steps.values, 0))
    # scores are calibrated over everything there is, and drawn from a standard normal
    assert abs(steps.borders[steepest] - BORDER) < 0.3
    unseen = world(2, True)
    before = unseen.ndcg_by(curve, 10)
    gain = unseen.ndcg_by(replace(curve, steps=steps), 10) - before
    assert gain.mean() > 0.1 * before.mean()


def test_where_nobody_chose_a_candidate_nothing_is_learnt() -> None:
    cases = world(0, True)
    nothing = replace(cases, relevant=np.zeros_like(cases.relevant))
    assert learn_steps(fit_weights(["a", "b"], [cases]), [nothing]) is None


def test_a_member_that_tells_nothing_gets_no_step() -> None:
    cases = world(0, True)
    values = cases.candidates.values.copy()
    values[0] = 7
    silent = replace(cases, candidates=replace(cases.candidates, values=values))
    curve = WeightCurve(("silent", "stepped"), (0,), np.array([[0.5, 0.5]]))
    steps = learn_steps(curve, [silent])
    assert steps is not None
    assert set(steps.members.tolist()) == {1}


def test_the_same_cases_give_the_same_steps() -> None:
    cases = [world(0, True)]
    curve = fit_weights(["a", "b"], cases)
    one, other = learn_steps(curve, cases), learn_steps(curve, cases)
    assert one is not None
    assert other is not None
    assert one.to_json() == other.to_json()
