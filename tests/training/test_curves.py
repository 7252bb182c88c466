"""Step functions in a training run: learnt, measured and reported."""

from __future__ import annotations

import pytest
from tests.blend.stepped_world import world

from tastemaker.blend import ScoredCases
from tastemaker.training.curves import LearnedCurve, learn_weight_curve
from tastemaker.training.expense import Expense
from tastemaker.training.measuring import blend_measures
from tastemaker.training.profile import Profile

NAMES = ["smooth", "stepped"]


def learned(folds: list[list[ScoredCases]], profile: Profile) -> LearnedCurve:
    return learn_weight_curve(NAMES, folds, dict.fromkeys(NAMES, Expense(1.0, 1.0)), [], profile)


def test_steps_are_let_in_and_the_blend_is_measured_with_those_of_older_folds() -> None:
    folds, profile = [[world(place, True)] for place in range(3)], Profile()
    one = learned(folds, profile)
    assert one.curve.steps is not None
    assert one.steps.refusal == ""
    assert len(one.steps.gains) == 3
    linear = blend_measures(NAMES, folds[0][0], one.curve.linear)["ndcg@10"]
    assert one.measures["ndcg@10"] == pytest.approx(linear * (1 + one.steps.gains[0]), rel=0.02)
    assert "step functions" in {span.stage for span in profile.spans}


def test_where_none_are_right_the_curve_stays_linear_and_the_report_says_why() -> None:
    one = learned([[world(place, False)] for place in range(3)], Profile())
    assert one.curve.steps is None
    assert one.steps.sentence(one.curve).startswith("Step functions are not part of the blend: ")
