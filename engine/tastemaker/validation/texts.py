"""Ids, names and texts: exact, well-formed, and of a length that both databases take."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import TypeAlias, TypeVar
from uuid import UUID

from tastemaker.errors import InputError

ID_BYTES = 512
"""The longest id; chosen: PostgreSQL cannot index one of more than 2,700 bytes."""

KIND_BYTES = 64

MOST_ID = 2**128
"""Whole numbers from here on are no ids; a UUID has 128 bits."""

Id: TypeAlias = str | int | UUID
"""An id of the application's."""

TEXT_BYTES = 131_072
"""The longest text: a longer field would be refused by Python's csv module."""

Several = TypeVar("Several", bound=Iterable[object])


def check_id(value: object, what: str) -> str:
    """The id itself, exactly as given: no folding, no stripping. Numbers are written out.

    Args:
        value: 1 to 512 bytes of well-formed text without NUL, not only white space; or a whole
            number or a UUID.
        what: its name in the message: "user_id", "item_id".

    Raises:
        InputError: it says what is wrong, and does not show the value.
    """
    return check_name(written_out(value), what, ID_BYTES)


def written_out(value: object) -> object:
    """A whole number or a UUID as text: 7 is "7"; anything else, and larger ones, as they are."""
    if isinstance(value, numbers.Integral | UUID) and not isinstance(value, bool):
        return str(value) if int(value) < MOST_ID else value
    return value


def check_kind(value: object) -> str:
    """The name of a kind of interaction: an id of at most 64 bytes.

    Raises:
        InputError: it says what is wrong.
    """
    return check_name(value, "kind", KIND_BYTES)


def check_name(value: object, what: str, limit: int) -> str:
    """Text that names something: not empty, not blank, and otherwise as `check_text` has it."""
    text = check_text(value, what, limit)
    if not text:
        raise InputError(f"{what} is empty. Give every row one.")
    if text.isspace():
        raise InputError(f"{what} is only white space. Give every row one.")
    return text


def check_several(values: Several, what: str) -> Several:
    """Texts as they are; one text alone would be taken for its letters.

    Raises:
        InputError: it is one text, or nothing that holds several.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"{what} is a {type(values).__name__}; give a list of texts.")
    return values


def check_text(value: object, what: str, limit: int = TEXT_BYTES) -> str:
    """Well-formed text without NUL, of at most `limit` bytes as UTF-8.

    Raises:
        InputError: it says what is wrong.
    """
    if not isinstance(value, str):
        raise InputError(
            f"{what} is a {type(value).__name__}; it must be text. Convert it with str()."
        )
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InputError(
            f"{what} is not well-formed text: it holds a lone surrogate or bytes that are not "
            "UTF-8. Save the file as UTF-8, or repair the text."
        ) from None
    if size > limit:
        raise InputError(f"{what} is {size} bytes long; the most is {limit}. Shorten it.")
    if "\0" in value:
        raise InputError(f"{what} holds a NUL character. Remove it.")
    return str(value)


def outline(value: object) -> str:
    """What a value is, for a message that must not show it: it may have come from a person.

    A column that is shifted, or a file without a header, puts an id anywhere.
    """
    if isinstance(value, str):
        return f"a text of {len(value)} characters" if value else "an empty text"
    if isinstance(value, numbers.Number) and not isinstance(value, bool):
        return "a number"
    return "nothing" if value is None else f"a {type(value).__name__}"


def brief(value: object) -> str:
    """A value that is nobody's, as a message shows it: at most 60 characters."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write out an int of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}…"
