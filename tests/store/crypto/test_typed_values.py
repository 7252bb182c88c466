from __future__ import annotations

import contextlib
import math
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker.errors import InputError
from tastemaker.store.crypto.typed_values import (
    MAX_BYTES,
    STEP,
    DamagedValueError,
    Sealable,
    decode,
    encode,
)

KNOWN: list[tuple[Sealable, bytes]] = [
    ("", b"s"),
    ("Zoë", b"sZo\xc3\xab"),
    (b"\x00\x80\x00", b"b\x00\x80\x00"),
    (0, b"i\x00"),
    (127, b"i\x7f"),
    (128, b"i\x00\x80"),
    (-128, b"i\x80"),
    (-129, b"i\xff\x7f"),
    (1.5, b"f\x3f\xf8" + bytes(6)),
    ({"b": [1, None], "a": "é"}, b'j{"a":"\xc3\xa9","b":[1,null]}'),
    ([], b"j[]"),
    (datetime(2011, 12, 9, 12, 50, tzinfo=UTC), b"t2011-12-09T12:50:00+00:00"),
    (datetime(2011, 12, 9, 12, 50, 0, 1), b"t2011-12-09T12:50:00.000001"),
    (date(2011, 12, 9), b"d2011-12-09"),
    (False, b"o\x00"),
    (True, b"o\x01"),
    (None, b"o\x02"),
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
values = (
    st.text()
    | st.binary()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.lists(json_values)
    | st.dictionaries(st.text(), json_values)
    | st.datetimes(timezones=st.none() | offsets)
    | st.dates()
    | st.booleans()
    | st.none()
)


@pytest.mark.parametrize(("value", "start"), KNOWN)
def test_a_value_has_the_bytes_that_the_format_says(value: Sealable, start: bytes) -> None:
    padding = b"\x80" + bytes(-(len(start) + 1) % STEP)
    assert encode(value) == start + padding


@given(values)
def test_what_is_encoded_is_decoded_with_its_type(value: Sealable) -> None:
    again = decode(encode(value))
    assert again == value
    assert type(again) is type(value)


@given(values)
def test_the_length_goes_in_steps_of_16_bytes(value: Sealable) -> None:
    assert len(encode(value)) % STEP == 0


def test_values_of_1_to_14_letters_cannot_be_told_apart_by_length() -> None:
    lengths = [len(encode("x" * n)) for n in range(47)]
    assert lengths == [16] * 15 + [32] * 16 + [48] * 16


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.0])
def test_every_float_keeps_its_bits(value: float) -> None:
    assert repr(decode(encode(value))) == repr(value)


def test_a_zone_becomes_its_offset() -> None:
    local = datetime(2011, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
    again = decode(encode(local))
    assert again == local
    assert isinstance(again, datetime)
    assert again.utcoffset() == timedelta(hours=1)


class Size(StrEnum):
    LARGE = "l"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "plain"), [(Size.LARGE, "l"), (Level.HIGH, 3), (np.float64(0.5), 0.5)]
)
def test_a_subclass_is_sealed_as_the_type_it_is_of(value: Any, plain: Sealable) -> None:
    again = decode(encode(value))
    assert again == plain
    assert type(again) is type(plain)


@pytest.mark.parametrize(
    "value",
    [
        "secret-\ud800",
        {"a": math.nan},
        {"a": [math.inf]},
        {1: "secret"},
        {"deep": [{2: "secret"}]},
        {"a": object()},
        {"secret": "\udfff"},
    ],
)
def test_what_cannot_be_sealed_is_refused_without_being_shown(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        encode(value)
    assert "secret" not in str(caught.value)
    assert "ud800" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("value", [("a",), {"a"}, object(), np.int64(1), bytearray(b"a"), 1j])
def test_a_type_that_cannot_be_sealed_is_named(value: Any) -> None:
    with pytest.raises(InputError, match=type(value).__name__):
        encode(value)


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InputError):
        encode(endless)


def test_a_value_beyond_the_limit_is_refused() -> None:
    # Its type is a byte too.
    assert len(encode(bytes(MAX_BYTES - 1))) == MAX_BYTES + STEP
    with pytest.raises(InputError) as caught:
        encode(bytes(MAX_BYTES))
    assert str(caught.value) == (
        f"A value of {MAX_BYTES + 1} bytes cannot be sealed; the limit is {MAX_BYTES}."
    )


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        bytes(16),
        b"s" + b"a" * 15,
        b"\x80" + bytes(15),
        b"x\x80" + bytes(14),
        b"s\x80" + bytes(13),
        b"s\x80" + bytes(30),
        b"s\x80X" + bytes(13),
        b"s\xff\x80" + bytes(13),
        b"i\x80" + bytes(14),
        b"i\x00\x01\x80" + bytes(12),
        b"f\x00\x80" + bytes(13),
        b"j{\x80" + bytes(13),
        b"t2011\x80" + bytes(10),
        b"d2011\x80" + bytes(10),
        b"o\x03\x80" + bytes(13),
        b"o\x80" + bytes(14),
        b"o\x00\x00\x80" + bytes(12),
    ],
)
def test_bytes_that_encode_never_gives_are_refused(plain: bytes) -> None:
    with pytest.raises(DamagedValueError):
        decode(plain)


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        (b"s" + b"a" * 15, "the padding is not one"),
        (b"x\x80" + bytes(14), "there is no such type"),
        (b"o\x03\x80" + bytes(13), "the value is not of its type"),
        (b"i\x00\x01\x80" + bytes(12), "the value is not of its type"),
    ],
)
def test_what_is_wrong_with_bytes_is_told(plain: bytes, why: str) -> None:
    with pytest.raises(DamagedValueError) as caught:
        decode(plain)
    assert str(caught.value) == why


@given(st.binary(max_size=64))
def test_any_bytes_are_decoded_or_refused(plain: bytes) -> None:
    with contextlib.suppress(DamagedValueError):
        decode(plain)


def test_what_cannot_be_sealed_is_named_by_its_type() -> None:
    with pytest.raises(InputError) as caught:
        encode(object())  # type: ignore[arg-type]
    assert str(caught.value) == (
        "A object cannot be sealed. Give text, bytes, a number, a date, a time, a list or a "
        "mapping."
    )


def test_a_value_that_json_cannot_hold_is_told_by_its_type() -> None:
    with pytest.raises(InputError) as caught:
        encode({"a": math.nan})
    assert str(caught.value) == (
        "A dict cannot be sealed: it holds ill-formed text, or what JSON has no word for (NaN, "
        "infinity, keys that are not text)."
    )
