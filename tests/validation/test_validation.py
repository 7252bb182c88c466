from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from tastemaker.errors import InputError
from tastemaker.validation import (
    UNTIMED,
    InteractionRow,
    check_attributes,
    check_available,
    check_id,
    check_interaction,
    check_item,
    check_kind,
    check_time,
    check_user,
    check_value,
)

DAY = 86_400


@pytest.mark.parametrize(
    "value", ["a", " a ", "É", "e\u0301", "x" * 512, "é" * 256, "00", "\u200b"]
)
def test_an_id_stays_exactly_as_it_is(value: str) -> None:
    assert check_id(value, "item_id") == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        (" \t", "only white space"),
        ("a\0b", "NUL"),
        ("\ud800", "not well-formed"),
        ("x" * 513, "513 bytes"),
        ("é" * 257, "514 bytes"),
        (17.0, "is a float"),
        (True, "is a bool"),
        (2**128, "is a int"),
        (None, "NoneType"),
        (b"a", "is a bytes"),
    ],
)
def test_an_id_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_id(value, "item_id")


def test_a_whole_number_and_a_uuid_are_their_text() -> None:
    assert check_id(17, "item_id") == "17"
    assert check_id(-1, "item_id") == "-1"
    text = "6f4d0b3a-9c1e-4c58-8a6d-0d6f3a1d2c4b"
    assert check_id(UUID(text), "item_id") == text


@pytest.mark.parametrize("value", ["secret\0", 4711.0, "secret" * 100, "\ud800secret"])
def test_a_message_never_shows_whose_id_it_is(value: object) -> None:
    with pytest.raises(InputError) as caught:
        check_id(value, "user_id")
    assert "secret" not in str(caught.value)
    assert "4711" not in str(caught.value)


def test_a_message_never_shows_a_users_attribute() -> None:
    for attributes in ({"age": "secret\0"}, {"secret\0": 1}, {"a": {"b": ["secret\0"]}}):
        with pytest.raises(InputError) as caught:
            check_user("alice", attributes)
        assert "secret" not in str(caught.value)


def test_a_kind_has_at_most_64_bytes() -> None:
    assert check_kind("k" * 64)
    with pytest.raises(InputError, match="65 bytes"):
        check_kind("k" * 65)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1.0),
        ("2.5", 2.5),
        (" -3e2 ", -300.0),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (Decimal("0.25"), 0.25),
        (0, 0.0),
        (1e15, 1e15),
    ],
)
def test_a_value_is_a_finite_number(value: object, expected: float) -> None:
    assert check_value(value) == expected


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, "nan", "-inf", "1e999", 10**400, 2e15, "", "1_0", "٣", True, None]
)
def test_a_value_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="value is"):
        check_value(value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (DAY, DAY),
        ("86400", DAY),
        ("86400.000001", DAY + 1e-6),
        (86400.5, DAY + 0.5),
        (np.int64(DAY), DAY),
        ("1.2e3", 1200),
        ("1970-01-02", DAY),
        ("1970-01-02T00:00:00Z", DAY),
        ("1970-01-02T02:00:00+02:00", DAY),
        ("1970-01-02 00:00:00.5", DAY + 0.5),
        (datetime(1970, 1, 2), DAY),
        (datetime(1970, 1, 2, 2, tzinfo=timezone(timedelta(hours=2))), DAY),
        (-DAY, -DAY),
        ("0001-01-01", -62_135_596_800),
    ],
)
def test_a_time_is_microseconds_since_1970_utc(value: object, seconds: float) -> None:
    assert check_time(value) == round(seconds * 1_000_000)


def test_the_last_microsecond_of_the_year_9999_is_a_time() -> None:
    latest = datetime.max.replace(tzinfo=UTC)
    assert check_time(latest) == 253_402_300_799_999_999


def test_text_is_read_to_the_microsecond_where_a_float_could_not() -> None:
    assert check_time("99999999998.999999") == 99_999_999_998_999_999


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1291191960000", "milliseconds"),
        (1e11, "milliseconds"),
        ("1e400", "milliseconds"),
        (10**400, "milliseconds"),
        (-62_135_596_801, "before the year 1"),
        ("9999-12-31T23:59:59-10:00", "years 1 to 9999"),
        ("20111209", "looks like a date"),
        (20111209, "looks like a date"),
        ("2011-13-01", "ISO 8601"),
        ("yesterday", "ISO 8601"),
        ("", "ISO 8601"),
        ("1_0", "ISO 8601"),
        ("nan", "finite"),
        (math.inf, "finite"),
        (True, "must be a number"),
        (None, "must be a number"),
    ],
)
def test_a_time_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_time(value)


def test_attributes_are_what_json_can_hold() -> None:
    given: dict[str, Any] = {
        "a": None,
        "b": True,
        "c": 1,
        "d": 0.5,
        "e": "x",
        "f": ("y", [1]),
        "g": {"h": []},
    }
    checked = check_attributes(given, "item attribute")
    assert checked == {**given, "f": ["y", [1]]}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ([("a", 1)], "mapping"),
        ({"": 1}, "is empty"),
        ({1: 1}, "must be text"),
        ({" a": 1}, "white space around"),
        ({"x" * 129: 1}, "129 bytes"),
        ({"a": math.nan}, "NaN"),
        ({"a": 2**63}, "64 bits"),
        ({"a": "\0"}, "NUL"),
        ({"a": "\udfff"}, "well-formed"),
        ({"a": {1}}, "JSON cannot hold"),
        ({"a": nested(17)}, "nested deeper"),
        ({"title": "x"}, "can be called title"),
        ({str(number): 1 for number in range(1001)}, "1001"),
    ],
)
def test_attributes_are_refused_with_the_reason(attributes: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_attributes(attributes, "item attribute")


def test_nesting_of_16_levels_is_allowed() -> None:
    check_attributes({"a": nested(16)}, "item attribute")


@pytest.mark.parametrize(
    ("value", "expected"), [("TRUE", True), ("no", False), (1, True), ("0", False)]
)
def test_available_is_read_from_text(value: object, expected: bool) -> None:
    assert check_available(value) is expected


def test_available_is_refused() -> None:
    with pytest.raises(InputError, match="available is a text of 5"):
        check_available("maybe")


def test_rows_get_their_defaults() -> None:
    assert check_interaction("alice", "a") == InteractionRow(
        "alice", "a", "interaction", 1.0, UNTIMED
    )
    item = check_item("a")
    assert (item.title, item.text, item.attributes, item.available) == ("", "", {}, True)
    assert check_user("alice").attributes == {}


def test_zero_has_no_sign() -> None:
    assert math.copysign(1, check_value(-0.0)) == math.copysign(1, check_value("-0")) == 1
