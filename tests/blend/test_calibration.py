from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import Candidates, calibrate

NAN = float("nan")


def candidates(*members: list[float], width: int | None = None) -> Candidates:
    values = np.array(members, dtype=np.float32)[:, None, :]
    valid = np.arange(values.shape[2])[None] < (values.shape[2] if width is None else width)
    return Candidates(np.arange(values.shape[2])[None], valid, values)


def test_standard_scores_by_hand() -> None:
    calibrated = calibrate(candidates([1, 3], [10, 30]))
    assert calibrated.values[:, 0] == pytest.approx(np.array([[-1, 1], [-1, 1]]))
    assert calibrated.informative.all() and not calibrated.gaps


def test_only_what_is_scored_counts() -> None:
    calibrated = calibrate(candidates([1, NAN, 3], [NAN, NAN, NAN]))
    assert calibrated.values[:, 0] == pytest.approx(np.array([[-1, 0, 1], [0, 0, 0]]))
    assert calibrated.present[:, 0].tolist() == [[True, False, True], [False] * 3]
    assert calibrated.informative[:, 0].tolist() == [True, False]
    assert calibrated.gaps


def test_places_that_hold_no_candidate_are_no_gaps() -> None:
    assert not calibrate(candidates([1, 3, NAN], width=2)).gaps


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e37, 1e-37])
def test_a_member_that_scores_all_alike_is_uninformative(value: float) -> None:
    calibrated = calibrate(candidates([value] * 7))
    assert not calibrated.informative.any()
    assert not calibrated.values.any()


@pytest.mark.parametrize("size", [1e-36, 1.0, 1e37])
@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_the_members_own_scale_does_not_matter(size: float, shift: float) -> None:
    values = calibrate(candidates([(value + shift) * size for value in (0, 0, 1, 5)])).values[0, 0]
    expected = (np.array([0, 0, 1, 5]) - 1.5) / np.std([0, 0, 1, 5])
    assert values == pytest.approx(expected, rel=1e-5)
