"""Numbers: the finite ones, also where they are written as text."""

from __future__ import annotations

import math
import numbers
from decimal import Decimal

from tastemaker.errors import InputError
from tastemaker.validation.texts import brief, outline

DEFAULT_VALUE = 1.0
MOST_SUPPORT = 1_000_000
VALUE_LIMIT = 1e15
"""Its square is still a finite float32, which is what recommenders compute in."""


def check_value(value: object) -> float:
    """The value of an interaction as a finite float; text in decimal notation is read.

    Raises:
        InputError: it is no number, NaN, infinite, or beyond ±1e15.
    """
    number = read_number(value, "value")
    if not math.isfinite(number):
        raise InputError(f"value is {number}; it must be finite. Leave the row out or correct it.")
    if abs(number) > VALUE_LIMIT:
        raise InputError(f"value is too large; it must lie within ±{VALUE_LIMIT:g}. Rescale it.")
    return number + 0.0  # -0.0 becomes 0.0: SQLite would lose the sign, PostgreSQL keep it


def check_weight(weight: object) -> float:
    """The weight of a kind of interaction as a finite float; text in decimal notation is read.

    Raises:
        InputError: it is no number, NaN, infinite, or beyond ±1e15.
    """
    number = read_number(weight, "weight")
    if not abs(number) <= VALUE_LIMIT:
        raise InputError(
            f"weight is {number:g}; it must be a finite number within ±{VALUE_LIMIT:g}. Give one "
            "such as 0.5."
        )
    return number + 0.0


def check_count(k: object) -> int:
    """How many recommendations are wanted: at least 1.

    Raises:
        InputError: it is no such number.
    """
    if not isinstance(k, numbers.Integral) or isinstance(k, bool) or k < 1:
        raise InputError(f"k is {brief(k)}; it must be a whole number of at least 1.")
    return int(k)


def check_support(count: object, what: str) -> int:
    """A number of people that something must rest on: from 1 to `MOST_SUPPORT`.

    Raises:
        InputError: it is no such number.
    """
    whole = isinstance(count, numbers.Integral) and not isinstance(count, bool)
    number = int(count) if isinstance(count, numbers.Integral) else 0
    if whole and 1 <= number <= MOST_SUPPORT:
        return number
    raise InputError(
        f"{what} is {brief(count)}; it must be a whole number of people from 1 to {MOST_SUPPORT:,}."
    )


def check_share(share: object, what: str) -> float:
    """A share of places: from 0 to 1.

    Args:
        share: the number.
        what: its name in the message.

    Raises:
        InputError: it is not a number from 0 to 1.
    """
    if isinstance(share, numbers.Real) and not isinstance(share, bool) and 0 <= float(share) <= 1:
        return float(share)
    raise InputError(
        f"{what} is {brief(share)}; it must lie between 0 (nothing new is let in) and 1, such as "
        "0.02."
    )


def check_seconds(seconds: object, what: str) -> float:
    """A time in seconds, above 0.

    Args:
        seconds: the number.
        what: its name in the message.

    Raises:
        InputError: it is not a number above 0.
    """
    if isinstance(seconds, numbers.Real) and not isinstance(seconds, bool) and float(seconds) > 0:
        return float(seconds)
    raise InputError(f"{what} is {brief(seconds)}; it must be seconds, above 0, such as 0.5.")


def read_number(value: object, what: str) -> float:
    """A number, which may be NaN or infinite; text in decimal notation is read.

    Raises:
        InputError: it is no number.
    """
    if isinstance(value, str) and is_plain_number(value):
        return float(value)
    if isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    raise InputError(f"{what} is {outline(value)}; it must be a number.")


def is_plain_number(text: str) -> bool:
    """Whether text is decimal notation, and not Python's own (underscores, other scripts)."""
    if not text.isascii() or "_" in text:
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True
