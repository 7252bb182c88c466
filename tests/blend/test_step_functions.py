from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker.blend import Candidates, WeightCurve, blend_candidates, blend_scores
from tastemaker.blend.step_functions import StepFunctions
from tastemaker.errors import ReleaseError

NAN = float("nan")
STEPS = StepFunctions(
    np.array([0, 1, 1]),
    np.array([0.5, -1.5, 0.5], dtype=np.float32),
    np.array([2.0, 0.25, -1.0], dtype=np.float32),
    shortest=3,
)
CURVE = WeightCurve(("a", "b"), (0,), np.array([[0.5, 0.5]]), carry=0.0, steps=STEPS)
VALUES = np.array([[[1, 1, 3, 3]], [[3, 1, 1, 3]]], dtype=np.float32)  # -1 or 1 once calibrated


def candidates_of(values: np.ndarray[Any, Any]) -> Candidates:
    items = np.arange(values.shape[2])[np.newaxis].repeat(values.shape[1], axis=0)
    return Candidates(items, np.ones(items.shape, dtype=np.bool_), values.astype(np.float32))


def test_each_step_adds_to_the_contribution_of_its_member_from_its_border_on() -> None:
    blended = blend_candidates(candidates_of(VALUES), CURVE, np.array([3]), 4)
    parts = dict(zip(blended.items[0].tolist(), blended.contributions[:, 0].T, strict=True))
    # a adds 2 where it scores 1; b adds 0.25 everywhere, and takes 1 where it scores 1
    assert parts[0] == pytest.approx([-0.5, 0.5 + 0.25 - 1])
    assert parts[1] == pytest.approx([-0.5, -0.5 + 0.25])
    assert parts[2] == pytest.approx([0.5 + 2, -0.5 + 0.25])
    assert parts[3] == pytest.approx([0.5 + 2, 0.5 + 0.25 - 1])
    assert blended.totals[0] == pytest.approx([2.25, 2.25, -0.75, -0.75])


def test_nothing_is_added_for_shorter_histories() -> None:
    for lengths, added in ((2, False), (3, True)):
        own = blend_candidates(candidates_of(VALUES), CURVE, np.array([lengths]), 4)
        plain = blend_candidates(candidates_of(VALUES), CURVE.linear, np.array([lengths]), 4)
        assert (own.totals.tolist() != plain.totals.tolist()) is added


def test_nothing_is_added_where_a_member_abstains_or_tells_nothing_apart() -> None:
    values = np.array([[[NAN, 1, 3, 3]], [[7, 7, 7, 7]]])
    blended = blend_candidates(candidates_of(values), CURVE, np.array([9]), 4)
    parts = dict(zip(blended.items[0].tolist(), blended.contributions[:, 0].T, strict=True))
    assert parts[0].tolist() == [0, 0]
    assert not blended.contributions[1].any()


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1), st.integers(1, 12))
def test_the_parts_sum_to_the_total(seed: int, missing: float, carry: float, k: int) -> None:
    rng = np.random.default_rng(seed)
    scores = (rng.standard_normal((4, 5, 40)) * 10.0 ** rng.integers(-6, 7, (4, 1, 1))).astype("f4")
    scores[rng.random(scores.shape) < missing] = NAN
    steps = StepFunctions(
        np.sort(rng.integers(0, 4, 7)),
        rng.standard_normal(7).astype(np.float32),
        rng.standard_normal(7).astype(np.float32),
        int(rng.integers(0, 30)),
    )
    curve = WeightCurve(
        tuple("abcd"), (0, 10), rng.dirichlet(np.ones(4), 2), carry, depth=8, steps=steps
    )
    excluded, lengths = rng.random((5, 40)) < rng.random(), rng.integers(0, 30, 5)
    blended = blend_scores(list(scores), excluded, curve, lengths, k)
    parts = blended.contributions.sum(axis=0)
    assert parts[blended.valid] == pytest.approx(blended.totals[blended.valid], abs=1e-5)
    assert (blended.totals[:, 1:] <= blended.totals[:, :-1]).all()
    assert not blended.contributions[:, ~blended.valid].any()


def test_they_follow_their_members_to_other_places_and_go_with_one_that_is_gone() -> None:
    moved = CURVE.only(["b", "a"]).steps
    assert moved is not None
    assert moved.members.tolist() == [0, 0, 1]
    assert moved.values.tolist() == [0.25, -1.0, 2.0]
    assert moved.shortest == 3
    assert CURVE.only(["b"]).steps is None
    assert CURVE.with_member("c").steps is STEPS
    assert CURVE.with_member("c").only(["a", "b"]).steps is not None


def test_a_member_with_steps_and_no_weight_scores_where_they_add() -> None:
    curve = replace(CURVE, weights=np.array([[1.0, 0.0]]))
    assert curve.without_weight(np.array([2])) == ("b",)
    assert curve.without_weight(np.array([3])) == ()


def test_json_and_back() -> None:
    again = WeightCurve.from_json(json.loads(json.dumps(CURVE.to_json())))
    assert again.to_json() == CURVE.to_json()
    assert again.steps is not None
    assert again.steps.borders.dtype == np.float32


def test_a_curve_from_before_them_has_none() -> None:
    old = {name: value for name, value in CURVE.to_json().items() if name != "steps"}
    assert WeightCurve.from_json(old).steps is None
    assert WeightCurve.from_json(CURVE.linear.to_json()).steps is None


@pytest.mark.parametrize(
    "change",
    [
        {"members": [0, 1]},
        {"members": [1, 0, 1]},
        {"members": [-1, 0, 1]},
        {"members": [0, 1, 2]},
        {"members": [0, 1, 10**30]},
        {"members": [], "borders": [], "values": []},
        {"members": [[0, 1, 1]], "borders": [[0, 0, 0]], "values": [[0, 0, 0]]},
        {"members": [0] * 1001, "borders": [0.0] * 1001, "values": [0.0] * 1001},
        {"borders": [NAN, 0, 0]},
        {"borders": [float("inf"), 0, 0]},
        {"values": [NAN, 0, 0]},
        {"values": [1e30, 0, 0]},
        {"values": "steep"},
        {"shortest": -1},
        {"shortest": None},
        {"borders": None},
    ],
)
def test_what_are_no_step_functions_is_refused(change: dict[str, Any]) -> None:
    stored = CURVE.to_json()
    with pytest.raises(ReleaseError, match="Train again"):
        WeightCurve.from_json(stored | {"steps": stored["steps"] | change})


@pytest.mark.parametrize("stored", ["steep", 3, [], {"members": [0]}])
def test_what_is_no_description_is_refused(stored: object) -> None:
    with pytest.raises(ReleaseError, match="Train again"):
        WeightCurve.from_json(CURVE.to_json() | {"steps": stored})
