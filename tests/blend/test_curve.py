from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker.blend import WeightCurve, uniform_weights
from tastemaker.blend.combination import active_weights
from tastemaker.errors import ReleaseError

CURVE = WeightCurve(("a", "b", "c"), (0, 3), np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]), 0.25, 50)


def test_the_weights_at_and_between_and_beyond_the_knots() -> None:
    weights = CURVE.at(np.array([0, 1, 3, 1000]))
    assert weights[0] == pytest.approx([1, 0, 0], abs=1e-8)
    assert weights[1] == pytest.approx([0.5, 0.25, 0.25])  # log 2 is half of log 4
    assert weights[2] == pytest.approx([0, 0.5, 0.5], abs=1e-8)
    assert weights[3] == pytest.approx([0, 0.5, 0.5], abs=1e-8)


@given(st.lists(st.integers(0, 10**9), max_size=20))
def test_the_weights_are_shares_at_every_length(lengths: list[int]) -> None:
    weights = CURVE.at(np.array(lengths, dtype=np.int64))
    assert weights.shape == (len(lengths), 3)
    assert (weights >= 0).all()
    assert weights.sum(axis=1) == pytest.approx(np.ones(len(lengths)))


def test_a_single_knot_holds_everywhere() -> None:
    assert uniform_weights(["a", "b"]).at(np.array([0, 7])).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_json_and_back() -> None:
    again = WeightCurve.from_json(json.loads(json.dumps(CURVE.to_json())))
    assert again.to_json() == CURVE.to_json()


def test_retrievers_are_kept_and_a_curve_from_before_them_has_none() -> None:
    curve = replace(CURVE, retrievers=("c", "a"))
    assert WeightCurve.from_json(json.loads(json.dumps(curve.to_json()))).retrievers == ("c", "a")
    assert curve.only(["b", "a"]).retrievers == ("a",)
    assert curve.only(["b"]).retrievers == ()
    assert curve.with_member("d").retrievers == ("c", "a")
    old = {name: value for name, value in curve.to_json().items() if name != "retrievers"}
    assert WeightCurve.from_json(old).retrievers == ()


def test_some_of_the_members_carry_the_others_weight() -> None:
    part = CURVE.only(["c", "a"])
    assert part.members == ("c", "a")
    assert part.weights.tolist() == [[0, 1], [1, 0]]
    assert CURVE.only(["b"]).weights.tolist() == [[1], [1]]


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [[0.5, 0.6, 0.0], [1.0, 0.0, 0.0]]},
        {"weights": [[1.5, -0.5, 0.0], [1.0, 0.0, 0.0]]},
        {"weights": [[1.0, 0.0, 0.0]]},
        {"weights": [[float("nan")] * 3] * 2},
        {"weights": "heavy"},
        {"knots": [3, 0]},
        {"knots": [-1, 0]},
        {"carry": 2},
        {"depth": 0},
        {"retrievers": ["stranger"]},
        {"members": None},
    ],
)
def test_what_is_no_curve_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ReleaseError, match="Train again"):
        WeightCurve.from_json(CURVE.to_json() | change)


def test_a_missing_part_is_refused() -> None:
    with pytest.raises(ReleaseError, match="knots"):
        WeightCurve.from_json({"members": ["a"]})


def test_where_those_with_the_weight_abstain_the_others_count_as_they_do_elsewhere() -> None:
    weights = np.array([[1.0, 0.0, 0.0], [0.0, 0.75, 0.25]])
    curve = WeightCurve(("abstaining", "a", "b"), (0, 5), weights)
    shares = active_weights(curve.at(np.array([0])), np.array([[False], [True], [True]]))
    assert shares[:, 0].tolist() == pytest.approx([0.0, 0.75, 0.25])
    informative = active_weights(curve.at(np.array([0])), np.ones((3, 1), dtype=np.bool_))
    assert informative[:, 0].tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-8)
