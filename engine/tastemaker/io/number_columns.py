"""Whole columns of numbers and times, checked at once, to the same verdict as one by one.

Each function gives None where the column holds something else, or anything doubtful: the caller
then checks value by value, which names the bad one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.data import Float64Array, Int64Array
from tastemaker.io.block import Cells
from tastemaker.validation import (
    DATES_FROM,
    DATES_TO,
    EARLIEST_TIME,
    LATEST_TIME,
    MILLISECONDS_FROM,
    VALUE_LIMIT,
)

EXACT_FROM = 2.0**20
"""From here on, the digits of a float behind the point, times a million, are exact in a float."""

MICROSECONDS = np.dtype("datetime64[us]")


def whole_column(name: str, given: Cells) -> npt.NDArray[Any] | None:
    """The numbers of a column of interactions by name, if it can be checked at once."""
    check = CHECKS.get(name)
    return None if check is None or not len(given) else check(given)


def checked_values(given: Cells) -> Float64Array | None:
    """(n,) float64 the values of interactions."""
    found = as_numbers(given)
    if found is None or not bool((np.abs(found) <= VALUE_LIMIT).all()):
        return None
    return found + 0.0  # as check_value has it


def checked_times(given: Cells) -> Int64Array | None:
    """(n,) int64 microseconds since 1970 UTC."""
    if isinstance(given, np.ndarray) and given.dtype == MICROSECONDS:
        times = given.view(np.int64)
        return times if ((times >= EARLIEST_TIME) & (times <= LATEST_TIME)).all() else None
    if all_text(given):
        return from_texts(given)
    seconds = as_numbers(given)
    return None if seconds is None else from_seconds(seconds)


def from_seconds(seconds: Float64Array) -> Int64Array | None:
    """(n,) int64 microseconds of seconds since 1970."""
    inside = (seconds >= EXACT_FROM) & (seconds < MILLISECONDS_FROM)
    if not (inside & ((seconds < DATES_FROM) | (seconds > DATES_TO))).all():
        return None
    whole = np.floor(seconds)
    rest = np.rint((seconds - whole) * 1e6)
    return whole.astype(np.int64) * 1_000_000 + rest.astype(np.int64)


def from_texts(column: Cells) -> Int64Array | None:
    """(n,) int64 microseconds, of nothing but whole seconds since 1970 written as text."""
    text = "".join(column)
    sizes = set(map(len, column))
    if not (text.isascii() and text.isdigit()) or min(sizes) == 0 or max(sizes) > 18:
        return None
    seconds = np.fromiter(map(int, column), np.int64, len(column))
    doubtful = (seconds >= MILLISECONDS_FROM) | ((seconds >= DATES_FROM) & (seconds <= DATES_TO))
    return None if doubtful.any() else seconds * 1_000_000


def as_numbers(given: Cells) -> Float64Array | None:
    """A column of nothing but floats, or nothing but whole numbers, exactly as float64."""
    if not isinstance(given, np.ndarray):
        types = set(map(type, given))
        if types != {float} and types != {int}:
            return None
        try:
            given = np.array(given, dtype=np.float64 if types == {float} else np.int64)
        except OverflowError:
            return None
    if given.dtype.kind in "iu" and int(np.abs(given).max()) > 2**53:
        return None
    return given.astype(np.float64) if given.dtype.kind in "iuf" else None


def all_text(column: Cells) -> bool:
    """Whether there is nothing but text in a column."""
    return set(map(type, column)) <= {str}


CHECKS: Mapping[str, Callable[[Cells], npt.NDArray[Any] | None]] = {
    "value": checked_values,
    "time": checked_times,
}
"""By the name of the column in the table of interactions."""
