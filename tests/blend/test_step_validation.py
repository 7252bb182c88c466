from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import ScoredCases, fit_weights
from tastemaker.blend.step_validation import (
    Gains,
    StepValidation,
    refusal_of,
    shortest_history,
    try_steps,
)

from .samples import assert_guaranteed
from .stepped_world import misleading, world

NAMES = ["smooth", "stepped"]


def tried_on(folds: list[list[ScoredCases]]) -> StepValidation:
    curve = fit_weights(NAMES, [one for fold in folds for one in fold])
    older = [one for fold in folds[1:] for one in fold]
    return try_steps(NAMES, folds, curve, fit_weights(NAMES, older or folds[0]))


def test_steps_that_every_fold_confirms_are_let_in() -> None:
    folds = [[world(place, True), world(place + 10, True, length=2)] for place in range(3)]
    tried = tried_on(folds)
    assert tried.refusal == ""
    assert len(tried.gains) == 3
    assert min(tried.gains) > 0.1
    assert tried.curve.steps is not None
    assert tried.curve.steps.shortest <= 2
    assert tried.measured.steps is not None
    assert_guaranteed(tried.curve, [one for fold in folds for one in fold])


@pytest.mark.parametrize("seed", [0, 100, 200])
def test_where_people_choose_evenly_by_both_none_are_let_in(seed: int) -> None:
    tried = tried_on([[world(seed + place, False)] for place in range(3)])
    assert tried.refusal
    assert tried.curve.steps is None
    assert tried.measured.steps is None


@pytest.mark.parametrize("place", [0, 2])
def test_one_fold_that_refuses_is_enough_and_is_named(place: int) -> None:
    folds = [[world(own, True)] for own in range(3)]
    folds[place] = [misleading(place)]
    tried = tried_on(folds)
    assert tried.curve.steps is None
    assert tried.gains[-1] < 0
    assert f"on fold {len(tried.gains)} of 3" in tried.refusal


def test_they_start_from_the_history_from_which_on_nothing_is_lost() -> None:
    folds = [[world(place, True), misleading(place + 10, length=2)] for place in range(3)]
    tried = tried_on(folds)
    assert tried.refusal == ""
    assert tried.curve.steps is not None
    assert tried.curve.steps.shortest > 2


def test_of_one_fold_nothing_is_let_in() -> None:
    tried = tried_on([[world(0, True)]])
    assert tried.curve.steps is None
    assert "only one fold" in tried.refusal


def gains_of(lengths: list[int], gain: list[float]) -> Gains:
    """Forty people of each length, all of whom gain as much."""
    whole = np.repeat(lengths, 40)
    return Gains(whole, len(whole), np.full(len(whole), 0.5), 0.5 + np.repeat(gain, 40))


def test_what_one_length_loses_ends_it_even_where_shorter_ones_gain() -> None:
    assert shortest_history([gains_of([50, 20, 10], [0.1, 0.1, 0.1])]) == 10
    assert shortest_history([gains_of([50, 20, 10], [0.1, -0.1, 0.1])]) == 50
    assert shortest_history([gains_of([50, 20, 10], [-0.1, 0.1, 0.1])]) is None


def test_a_gain_that_may_be_chance_is_not_enough() -> None:
    few = Gains(np.array([20] * 4), 4, np.full(4, 0.2), np.array([0.9, 0.0, 0.0, 0.0]))
    many = gains_of([20], [0.01])
    assert "chance" in refusal_of([few])
    assert refusal_of([many]) == ""
    assert "fold 2 of 2" in refusal_of([many, gains_of([20], [-0.01])])


def test_people_with_shorter_histories_gain_nothing() -> None:
    own = gains_of([20, 5], [0.1, 0.1]).from_length(10)
    assert own.share == pytest.approx(0.1)  # half of the people gain 0.1 of 0.5
