"""Attributes: names, and values that JSON can hold."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from tastemaker.errors import InputError
from tastemaker.validation.texts import check_name, check_text

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
Attributes: TypeAlias = Mapping[str, Json]

# Limits; chosen, not measured.
NAME_BYTES = 128
NESTING = 16
MOST_ATTRIBUTES = 1000

RESERVED = frozenset(
    ("user_id", "item_id", "title", "text", "available", "rejected_line", "rejected_reason")
)
"""What columns of import files mean, so no attribute can be called so."""


def check_attributes(attributes: object, what: str) -> dict[str, Json]:
    """The attributes of an item or user: names and values that JSON can hold.

    Args:
        attributes: a mapping of names to None, bool, int, float, text, lists and mappings.
        what: "item attribute" or "user attribute"; of the latter no message shows anything.

    Raises:
        InputError: it says what is wrong.
    """
    if not isinstance(attributes, Mapping):
        raise InputError(f"The {what}s must be a mapping of names to values.")
    if len(attributes) > MOST_ATTRIBUTES:
        raise InputError(f"There are {len(attributes)} {what}s; the most is {MOST_ATTRIBUTES}.")
    if taken := RESERVED.intersection(attributes):
        raise InputError(f"No {what} can be called {sorted(taken)[0]}. Rename it.")
    return {check_attribute_name(n, what): check_json(v, what) for n, v in attributes.items()}


def check_attribute_name(name: object, what: str) -> str:
    """The name of an attribute: 1 to 128 bytes of text, with no white space around it.

    Raises:
        InputError: it says what is wrong.
    """
    checked = check_name(name, f"The name of a {what}", NAME_BYTES)
    if checked != checked.strip():
        raise InputError(f"The name of a {what} has white space around it. Remove it.")
    return checked


def check_json(value: object, what: str, depth: int = 0) -> Json:
    """A value that JSON can hold, at most 16 levels deep.

    Raises:
        InputError: it says what is wrong.
    """
    if isinstance(value, str):
        return check_text(value, what)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return check_integer(int(value), what)
    if isinstance(value, numbers.Real | Decimal):
        return check_float(float(value), what)
    if depth == NESTING:
        raise InputError(f"{what} is nested deeper than {NESTING} levels. Flatten it.")
    if isinstance(value, list | tuple):
        return [check_json(part, what, depth + 1) for part in value]
    if isinstance(value, Mapping):
        return {
            check_attribute_name(name, what): check_json(part, what, depth + 1)
            for name, part in value.items()
        }
    raise InputError(f"{what} is a {type(value).__name__}, which JSON cannot hold. Use text.")


def check_integer(value: int, what: str) -> int:
    """A whole number of at most 64 bits."""
    if not -(2**63) <= value < 2**63:
        raise InputError(f"{what} is a whole number of more than 64 bits. Use text.")
    return value


def check_float(value: float, what: str) -> float:
    """A finite number."""
    if not math.isfinite(value):
        raise InputError(f"{what} is NaN or infinite, which JSON cannot hold. Leave it out.")
    return value
