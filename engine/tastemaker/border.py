"""What may come in: one verdict on every id, value, time and attribute, whatever the database.

SQLite and PostgreSQL disagree about NUL, NaN and very long ids, so nothing is left to them: what
passes here is stored alike on both, and what does not is refused before any statement is sent.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import time_ns
from typing import NamedTuple, TypeAlias

from tastemaker.errors import InputError

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
Attributes: TypeAlias = Mapping[str, Json]

UNTIMED = -(2**63)
"""The time, in microseconds, of an interaction of which nobody knows when it was."""

DEFAULT_KIND = "interaction"
DEFAULT_VALUE = 1.0

ID_BYTES = 512
KIND_BYTES = 64
NAME_BYTES = 128
TEXT_BYTES = 131_072  # a longer field would be refused by Python's csv module
NESTING = 16
MOST_ATTRIBUTES = 1000
RESERVED = frozenset(
    ("user_id", "item_id", "title", "text", "available", "rejected_line", "rejected_reason")
)
"""What columns of import files mean, so no attribute can be called so."""
VALUE_LIMIT = 1e15  # its square is still a finite float32, which is what recommenders compute in
MILLISECONDS_FROM = 100_000_000_000  # as seconds the year 5138; as milliseconds 1973
DATES_FROM, DATES_TO = 1900_01_01, 2100_12_31

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OLDEST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
OLDEST_SECONDS = OLDEST // 1_000_000


class InteractionRow(NamedTuple):
    """One interaction, checked; `time` in microseconds since 1970 UTC or `UNTIMED`."""

    user_id: str
    item_id: str
    kind: str = DEFAULT_KIND
    value: float = DEFAULT_VALUE
    time: int = UNTIMED


class ItemRow(NamedTuple):
    """One item, checked."""

    item_id: str
    title: str = ""
    text: str = ""
    attributes: Attributes = {}
    available: bool = True


class UserRow(NamedTuple):
    """One user, checked; the id and the attributes are sealed before they are stored."""

    user_id: str
    attributes: Attributes = {}


def check_id(value: object, what: str) -> str:
    """The id itself, exactly as given: no folding, no stripping.

    Args:
        value: 1 to 512 bytes of well-formed text without NUL, not only white space.
        what: its name in the message: "user_id", "item_id".

    Raises:
        InputError: it says what is wrong, and shows the value unless it is a user's.
    """
    return check_name(value, what, ID_BYTES)


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


def check_text(value: object, what: str, limit: int = TEXT_BYTES) -> str:
    """Well-formed text without NUL, of at most `limit` bytes as UTF-8.

    Raises:
        InputError: it says what is wrong.
    """
    if not isinstance(value, str):
        raise InputError(
            f"{what} is a {type(value).__name__}{_shown(value, what)}; it must be text. "
            "Convert it with str()."
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
        raise InputError(f"{what} holds a NUL character{_shown(value, what)}. Remove it.")
    return str(value)


def check_value(value: object) -> float:
    """The value of an interaction as a finite float; text in decimal notation is read.

    Raises:
        InputError: it is no number, NaN, infinite, or beyond ±1e15.
    """
    number = _read_number(value, "value")
    if not math.isfinite(number):
        raise InputError(f"value is {number}; it must be finite. Leave the row out or correct it.")
    if abs(number) > VALUE_LIMIT:
        raise InputError(f"value is {number:g}; it must lie within ±{VALUE_LIMIT:g}. Rescale it.")
    return number + 0.0  # -0.0 becomes 0.0: SQLite would lose the sign, PostgreSQL keep it


def check_time(value: object) -> int:
    """When something was, in microseconds since 1970 UTC.

    Args:
        value: seconds since 1970 UTC as a number or text, an ISO 8601 text, or a datetime. Where
            there is no time zone it is UTC. None and empty text are for the caller to decide.

    Raises:
        InputError: it is no time, before the year 1, or looks like milliseconds.
    """
    if isinstance(value, datetime):
        return _in_range(value)
    if isinstance(value, str) and not _is_plain_number(value):
        return _in_range(_read_iso(value))
    seconds = _read_seconds(value)
    if not seconds.is_finite():
        raise InputError(f"time is {seconds}; it must be finite. Leave it empty if unknown.")
    if seconds >= MILLISECONDS_FROM:
        raise InputError(
            f"time is {_brief(value)}, which as seconds lies after the year 5138; it looks like "
            "milliseconds. Divide by 1000."
        )
    if seconds < OLDEST_SECONDS:
        raise InputError(f"time is {_brief(value)}, before the year 1. Correct it.")
    if looks_like_date(seconds):
        raise InputError(
            f"time is {_brief(value)}, which looks like a date; as seconds it lies in August 1970. "
            "Write it as ISO 8601: 2011-12-09."
        )
    return int((seconds * 1_000_000).to_integral_value())


def looks_like_date(seconds: int | Decimal) -> bool:
    """Whether seconds since 1970 are rather a date written without dashes, 20111209."""
    if seconds < DATES_FROM or seconds > DATES_TO or seconds != int(seconds):
        return False
    return 1 <= int(seconds) // 100 % 100 <= 12 and 1 <= int(seconds) % 100 <= 31


def check_available(value: object) -> bool:
    """Whether an item may be recommended; text true/false, yes/no and 1/0 is read.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise InputError(f"available is {word[:40]!r}; write true or false.")


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


def check_interaction(
    user_id: object,
    item_id: object,
    kind: object = DEFAULT_KIND,
    value: object = DEFAULT_VALUE,
    time: object = None,
) -> InteractionRow:
    """A checked interaction; without a time it is `UNTIMED`.

    Raises:
        InputError: one of its parts is refused.
    """
    return InteractionRow(
        check_id(user_id, "user_id"),
        check_id(item_id, "item_id"),
        check_kind(kind),
        check_value(value),
        UNTIMED if time is None else check_time(time),
    )


def check_item(
    item_id: object,
    title: object = "",
    text: object = "",
    attributes: object = ItemRow("-").attributes,
    available: object = True,
) -> ItemRow:
    """A checked item.

    Raises:
        InputError: one of its parts is refused.
    """
    return ItemRow(
        check_id(item_id, "item_id"),
        check_text(title, "title"),
        check_text(text, "text"),
        check_attributes(attributes, "item attribute"),
        check_available(available),
    )


def check_user(user_id: object, attributes: object = UserRow("-").attributes) -> UserRow:
    """A checked user.

    Raises:
        InputError: one of its parts is refused.
    """
    return UserRow(check_id(user_id, "user_id"), check_attributes(attributes, "user attribute"))


def now_us() -> int:
    """The time now, in microseconds since 1970 UTC."""
    return time_ns() // 1000


def read_item(row: Mapping[str, object]) -> ItemRow:
    """A checked item from a mapping with `item_id`, title, text, attributes, available.

    Raises:
        InputError: one of its parts is refused, missing or unknown.
    """
    return check_item(**_fields(row, ItemRow._fields, "item"))


def read_user(row: Mapping[str, object]) -> UserRow:
    """A checked user from a mapping with `user_id` and attributes.

    Raises:
        InputError: one of its parts is refused, missing or unknown.
    """
    return check_user(**_fields(row, UserRow._fields, "user"))


def check_count(k: object) -> int:
    """How many recommendations are wanted: at least 1.

    Raises:
        InputError: it is no such number.
    """
    if not isinstance(k, numbers.Integral) or isinstance(k, bool) or k < 1:
        raise InputError(f"k is {_brief(k)}; it must be a whole number of at least 1.")
    return int(k)


def _fields(row: object, names: tuple[str, ...], what: str) -> dict[str, object]:
    if not isinstance(row, Mapping):
        raise InputError(f"Every {what} must be a mapping with {', '.join(names)}.")
    unknown = [str(name) for name in row if name not in names]
    if unknown:
        raise InputError(
            f"A row of {what}s has the unknown field {unknown[0]!r}; it may have "
            f"{', '.join(names)}. Put anything else into attributes."
        )
    if names[0] not in row:
        raise InputError(f"A row of {what}s has no {names[0]}. Give every row one.")
    return {str(name): value for name, value in row.items()}


def _is_plain_number(text: str) -> bool:
    """Whether text is decimal notation, and not Python's own (underscores, other scripts)."""
    if not text.isascii() or "_" in text:
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_number(value: object, what: str) -> float:
    if isinstance(value, str) and _is_plain_number(value):
        return float(value)
    if isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    raise InputError(f"{what} is {_brief(value)}; it must be a number.")


def _read_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"time is {_brief(text)}; write seconds since 1970 or ISO 8601, "
            "such as 2011-12-09T12:50:00+00:00."
        ) from None


def _read_seconds(value: object) -> Decimal:
    if isinstance(value, str):
        return Decimal(value.strip())
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return Decimal(int(value))
    return Decimal(_read_number(value, "time"))


def _in_range(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    time_us = (aware - EPOCH) // MICROSECOND
    if not OLDEST <= time_us <= LATEST:
        raise InputError(f"time is {moment}, in UTC not within the years 1 to 9999. Correct it.")
    return time_us


def _shown(value: object, what: str) -> str:
    """The value for a message; nothing of what belongs to a user."""
    return "" if "user" in what else f" ({_brief(value)})"


def _brief(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write out an int of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}…"
