"""Columns checked at once come to the verdict of values checked one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tastemaker.errors import InputError
from tastemaker.io.number_columns import checked_times, checked_values
from tastemaker.validation import check_time, check_value

FLOATS = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=5)
SECONDS = st.one_of(st.floats(-1e12, 1e12), st.floats(1e9, 2e9), st.floats(1.9e7, 2.2e7))
BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))


@BUSY
@given(st.one_of(FLOATS, st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=5)))
def test_values(given: list[float]) -> None:
    found = checked_values(given)
    if found is not None:
        assert found.tolist() == [check_value(value) for value in given]
        assert not np.signbit(found[found == 0]).any()


@BUSY
@given(st.one_of(st.lists(SECONDS, min_size=1), st.lists(st.integers(-(10**12), 10**12))))
def test_seconds(given: list[float]) -> None:
    found = checked_times(given) if given else None
    if found is not None:
        assert found.tolist() == [check_time(value) for value in given]


@BUSY
@given(st.lists(st.integers(1_048_576, 10**11 - 1).filter(lambda n: not 19e6 <= n <= 21.1e6)))
def test_ordinary_seconds_are_checked_at_once(given: list[int]) -> None:
    if given:
        assert checked_times(given) is not None
        assert checked_times([float(second) for second in given]) is not None


@BUSY
@given(st.lists(MOMENTS, min_size=1))
def test_moments(given: list[datetime]) -> None:
    found = checked_times(np.array(given, dtype="datetime64[us]"))
    assert found is not None
    assert found.tolist() == [check_time(moment) for moment in given]


@pytest.mark.parametrize(
    "column",
    [
        [1.0, float("nan")],
        [1e16],
        [True, False],
        [1, 1.5],
        np.array([True]),
        ["1", "2"],
        [None, 1.0],
    ],
)
def test_what_is_doubtful_as_a_value_is_left_to_the_other_check(column: list[float]) -> None:
    assert checked_values(column) is None


@pytest.mark.parametrize(
    "column",
    [
        [20111209.0],
        [10**11],
        [5],
        np.array([2**62], dtype=np.int64).view("datetime64[us]"),
        np.array(["NaT"], dtype="datetime64[us]"),
        [datetime(2020, 1, 1, tzinfo=UTC)],
    ],
)
def test_what_is_doubtful_as_a_time_is_left_to_the_other_check(column: list[float]) -> None:
    assert checked_times(column) is None


def test_a_date_is_its_midnight() -> None:
    moment = datetime(2020, 2, 29, tzinfo=UTC)
    assert check_time(moment.date()) == check_time(moment)
    with pytest.raises(InputError):
        check_time(timedelta(1))
