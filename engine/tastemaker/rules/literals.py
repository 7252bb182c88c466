"""The values that rules compare with, each of a type of its own: 1 is neither true nor "1"."""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date

import numpy as np

from tastemaker.errors import InputError, RuleError
from tastemaker.json_types import Json
from tastemaker.validation import check_text
from tastemaker.validation.texts import brief

EXACT_INTEGER = 2**53
"""From here on float64 does not tell whole numbers apart."""

MOST_DAYS = 1_000_000
DAY_US = 86_400_000_000

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Literal(ABC):
    """A value that a rule compares with; its text is how it is written in a rule."""

    kind = ""
    """What it is, for a message."""

    @abstractmethod
    def as_json(self) -> Json:
        """The value as JSON holds it."""


@dataclass(frozen=True)
class Text(Literal):
    """A text, compared as it is."""

    text: str
    kind = "a text"

    def __str__(self) -> str:
        return '"' + "".join(map(_escaped, self.text)) + '"'

    def as_json(self) -> Json:
        """The text."""
        return self.text


@dataclass(frozen=True)
class Number(Literal):
    """A finite number, compared as float64."""

    number: float
    kind = "a number"

    def __str__(self) -> str:
        return str(self.as_json())

    def as_json(self) -> Json:
        """The number, without a decimal point where it has no fraction."""
        whole = self.number.is_integer() and abs(self.number) < EXACT_INTEGER
        return int(self.number) if whole else self.number


@dataclass(frozen=True)
class Truth(Literal):
    """True or false."""

    true: bool
    kind = "true or false"

    def __str__(self) -> str:
        return "true" if self.true else "false"

    def as_json(self) -> Json:
        """True or false."""
        return self.true


@dataclass(frozen=True)
class Days(Literal):
    """A moment, so many days from now; before now where it is negative."""

    number: float
    kind = "a time"

    def __str__(self) -> str:
        return f"days({Number(self.number)})"

    def as_json(self) -> Json:
        """A mapping from "days" to their number."""
        return {"days": Number(self.number).as_json()}

    def moment(self, now: int) -> int:
        """The moment in microseconds since 1970, where that is what `now` is given in."""
        return now + round(self.number * DAY_US)


def days(number: float) -> Days:
    """A moment, so many days from now: `F.created > days(-30)` is of the last thirty days.

    Raises:
        RuleError: it is no number, or beyond a million days.
    """
    given = literal_of(number)
    if not isinstance(given, Number) or abs(given.number) > MOST_DAYS:
        raise RuleError(
            f"days({brief(number)}) is no moment.",
            f"Give a number of days within ±{MOST_DAYS:,}, such as days(-30).",
        )
    return Days(given.number)


def literal_of(value: object) -> Literal:
    """A value as rules have it.

    Args:
        value: a text, a number, True or False, a date or datetime (which becomes ISO 8601 text),
            or `days(...)`.

    Raises:
        RuleError: it is none of these.
    """
    if isinstance(value, Literal):
        return value
    if isinstance(value, str):
        return Text(_checked(value))
    if isinstance(value, bool | np.bool_):
        return Truth(bool(value))
    if isinstance(value, numbers.Real):
        return Number(_finite(value))
    if isinstance(value, date):
        return Text(value.isoformat())
    raise RuleError(
        f"{brief(value)} is a {type(value).__name__}, which no item can have.",
        "Compare with a text, a number, true or false, a date, or days(...).",
    )


def _checked(text: str) -> str:
    try:
        return check_text(text, "A text in a rule")
    except InputError as error:
        raise RuleError(str(error), "No item has such a text.") from None


def _finite(value: numbers.Real) -> float:
    if isinstance(value, numbers.Integral) and abs(int(value)) >= EXACT_INTEGER:
        raise RuleError(
            f"{brief(value)} has more digits than numbers are compared by.",
            "Compare with it as a text, in quotes.",
        )
    number = float(value)
    if not math.isfinite(number):
        raise RuleError(f"{number} is not finite.", "Compare with a finite number.")
    return number + 0.0  # -0.0 becomes 0.0


def _escaped(letter: str) -> str:
    if letter < " " or "\x7f" <= letter < "\xa0" or letter in "\u2028\u2029":
        return ESCAPES.get(letter, f"\\u{ord(letter):04x}")
    return ESCAPES.get(letter, letter)
