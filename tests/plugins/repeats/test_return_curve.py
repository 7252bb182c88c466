from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker_plugins.repeats.return_curve import COUNTS, PHASES, Corners, learn_curve, on_curve


@given(st.floats(1, 1000), st.floats(0, 1e6))
def test_shares_of_the_four_corners_sum_to_one(count: float, phase: float) -> None:
    corners = Corners.of(np.array([count]), np.array([phase]))
    assert corners.shares.sum() == pytest.approx(1)
    assert (corners.shares >= 0).all()
    assert corners.cells.max() < len(COUNTS) * len(PHASES)


def test_at_a_knot_the_curve_is_what_happened_there() -> None:
    counts, phases = np.full(10_000, 4.0), np.full(10_000, 1.0)
    again = np.arange(10_000) % 4 == 0
    curve = learn_curve(counts, phases, again.astype(np.float64))
    found = on_curve(curve, np.array([4.0]), np.array([1.0]))
    assert found == pytest.approx([0.25], abs=0.001)


def test_between_knots_it_lies_between() -> None:
    curve = np.zeros((len(COUNTS), len(PHASES)))
    curve[1] = 1.0
    halfway = on_curve(curve, np.array([np.sqrt(2), 2.0, 1e9]), np.ones(3))
    assert halfway == pytest.approx([0.5, 1.0, 0.0])


def test_without_data_it_is_flat() -> None:
    nothing = np.zeros(0)
    curve = learn_curve(nothing, nothing, nothing)
    assert np.ptp(curve) == pytest.approx(0)
    assert 0 < curve[0, 0] < 1
