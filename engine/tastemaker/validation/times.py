"""Times: every way of writing one, as microseconds since 1970 UTC."""

from __future__ import annotations

import numbers
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from time import time_ns

from tastemaker.errors import InputError
from tastemaker.validation.numbers import is_plain_number, read_number
from tastemaker.validation.texts import outline

UNTIMED = -(2**63)
"""The time, in microseconds, of an interaction of which nobody knows when it was."""

MILLISECONDS_FROM = 100_000_000_000  # as seconds the year 5138; as milliseconds 1973
DATES_FROM, DATES_TO = 1900_01_01, 2100_12_31

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EARLIEST_TIME = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
LATEST_TIME = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
EARLIEST_SECONDS = EARLIEST_TIME // 1_000_000


def check_time(value: object) -> int:
    """When something was, in microseconds since 1970 UTC.

    Args:
        value: seconds since 1970 UTC as a number or text, an ISO 8601 text, a datetime, or a date,
            which is its midnight. Where there is no time zone it is UTC. None and empty text are
            for the caller to decide.

    Raises:
        InputError: it is no time, before the year 1, or looks like milliseconds.
    """
    if isinstance(value, datetime):
        return _in_range(value)
    if isinstance(value, date):
        return _in_range(datetime.combine(value, time.min))
    if isinstance(value, str) and not is_plain_number(value):
        return _in_range(_read_iso(value))
    seconds = _read_seconds(value)
    if not seconds.is_finite():
        raise InputError(f"time is {seconds}; it must be finite. Leave it empty if unknown.")
    if seconds >= MILLISECONDS_FROM:
        raise InputError(
            "time as seconds lies after the year 5138; it looks like milliseconds. Divide by 1000."
        )
    if seconds < EARLIEST_SECONDS:
        raise InputError("time lies before the year 1. Correct it.")
    if looks_like_date(seconds):
        raise InputError(
            "time looks like a date without dashes; as seconds it lies in August 1970. "
            "Write it as ISO 8601: 2011-12-09."
        )
    return int((seconds * 1_000_000).to_integral_value())


def looks_like_date(seconds: int | Decimal) -> bool:
    """Whether seconds since 1970 are rather a date written without dashes, 20111209."""
    if seconds < DATES_FROM or seconds > DATES_TO or seconds != int(seconds):
        return False
    return 1 <= int(seconds) // 100 % 100 <= 12 and 1 <= int(seconds) % 100 <= 31


def now_us() -> int:
    """The time now, in microseconds since 1970 UTC."""
    return time_ns() // 1000


def as_iso(time_us: int) -> str | None:
    """A time in microseconds as ISO 8601 text in UTC; None where it is not known."""
    if time_us == UNTIMED:
        return None
    return (EPOCH + time_us * MICROSECOND).isoformat()


def _read_seconds(value: object) -> Decimal:
    if isinstance(value, str):
        return Decimal(value.strip())
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return Decimal(int(value))
    return Decimal(read_number(value, "time"))


def _read_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"time is {outline(text)}; write seconds since 1970 or ISO 8601, "
            "such as 2011-12-09T12:50:00+00:00."
        ) from None


def _in_range(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    time_us = (aware - EPOCH) // MICROSECOND
    if not EARLIEST_TIME <= time_us <= LATEST_TIME:
        raise InputError("time in UTC is not within the years 1 to 9999. Correct it.")
    return time_us
