"""A value as bytes and back: one byte for its type, the value, and padding that hides its length.

| type | value | bytes |
|---|---|---|
| `s` | str | UTF-8 |
| `b` | bytes | as they are |
| `i` | int | two's complement, big endian, as short as it goes |
| `f` | float | IEEE 754 double, big endian |
| `j` | list, dict | JSON in UTF-8, keys (text only) sorted, no spaces; no NaN, no infinity |
| `t` | datetime | ISO 8601; an offset from UTC is kept, the name of a time zone is not |
| `d` | date | ISO 8601 |
| `o` | False, True, None | one byte: 0, 1, 2 |
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeAlias

from tastemaker.errors import InputError

Sealable: TypeAlias = (
    "None | bool | int | float | str | bytes | datetime | date | list[Any] | dict[str, Any]"
)

STEP = 16
"""Plain text is padded to a multiple of this many bytes."""

MAX_BYTES = 64 * 2**20
"""The longest value that can be sealed."""

_PADDING = tuple(b"\x80" + bytes(zeros) for zeros in range(STEP))
_DOUBLE = struct.Struct(">d")
_OTHERS = (False, True, None)


class DamagedValueError(ValueError):
    """The bytes are not what `encode` gives; the caller says which cell it was."""


def encode(value: Sealable) -> bytes:
    """The type byte, the value and its padding: a multiple of 16 bytes.

    Raises:
        InputError: a type that cannot be sealed, ill-formed text, JSON that JSON cannot hold, or
            more than 64 MiB. The error does not carry the value.
    """
    encoder = _ENCODERS.get(type(value)) or _encoder_of_subclass(value)
    try:
        raw = encoder(value)
    except (ValueError, TypeError, RecursionError):
        # Not chained: the original error carries the value.
        problem = InputError(
            f"A {type(value).__name__} cannot be sealed: it holds ill-formed text, or what JSON "
            "has no word for (NaN, infinity, keys that are not text)."
        )
    else:
        if len(raw) <= MAX_BYTES:
            return raw + _PADDING[-(len(raw) + 1) % STEP]
        problem = InputError(
            f"A value of {len(raw)} bytes cannot be sealed; the limit is {MAX_BYTES}."
        )
    raise problem


def decode(padded: bytes) -> Sealable:
    """The value whose `encode` this is.

    Raises:
        DamagedValueError: nothing that `encode` gives looks like this.
    """
    last = padded[-STEP:].rstrip(b"\x00")
    if last[-1:] != b"\x80" or len(padded) % STEP:
        raise DamagedValueError("the padding is not one")
    decoder = _DECODERS.get(padded[:1])
    if decoder is None:
        raise DamagedValueError("there is no such type")
    try:
        return decoder(padded[1 : len(padded) - STEP + len(last) - 1])
    except (ValueError, LookupError, struct.error, RecursionError):
        raise DamagedValueError("the value is not of its type") from None


def _encoder_of_subclass(value: object) -> Callable[[Any], bytes]:
    # In this order: a datetime is also a date. Nothing can be a subclass of bool.
    for kind in (str, bytes, int, float, datetime, date, list, dict):
        if isinstance(value, kind):
            return _ENCODERS[kind]
    raise InputError(
        f"A {type(value).__name__} cannot be sealed. Give text, bytes, a number, a date, "
        "a time, a list or a mapping."
    )


def _text(value: str) -> bytes:
    return b"s" + value.encode()


def _bytes(value: bytes) -> bytes:
    return b"b" + value


def _int(value: int) -> bytes:
    return b"i" + int(value).to_bytes(_int_length(value), "big", signed=True)


def _int_length(value: int) -> int:
    magnitude = value if value >= 0 else ~value
    return magnitude.bit_length() // 8 + 1


def _float(value: float) -> bytes:
    return b"f" + _DOUBLE.pack(value)


def _json(value: list[Any] | dict[str, Any]) -> bytes:
    _refuse_other_keys(value)
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return b"j" + text.encode()


def _refuse_other_keys(value: object) -> None:
    # json.dumps would turn a key 1 into "1" in silence, and the value would come back changed.
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key is not text")
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            _refuse_other_keys(part)


def _time(value: datetime) -> bytes:
    # Not value.isoformat(): a subclass may write more digits than are read back.
    return b"t" + datetime.isoformat(value).encode()


def _date(value: date) -> bytes:
    return b"d" + value.isoformat().encode()


def _other(value: bool | None) -> bytes:
    return b"o" + bytes((_OTHERS.index(value),))


def _read_int(raw: bytes) -> int:
    value = int.from_bytes(raw, "big", signed=True)
    if len(raw) != _int_length(value):
        raise DamagedValueError("the number is not as short as it goes")
    return value


def _read_float(raw: bytes) -> float:
    value: float = _DOUBLE.unpack(raw)[0]
    return value


def _read_other(raw: bytes) -> bool | None:
    (index,) = raw
    return _OTHERS[index]


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    str: _text,
    bytes: _bytes,
    int: _int,
    float: _float,
    list: _json,
    dict: _json,
    datetime: _time,
    date: _date,
    bool: _other,
    type(None): _other,
}

_DECODERS: dict[bytes, Callable[[bytes], Sealable]] = {
    b"s": bytes.decode,
    b"b": bytes,
    b"i": _read_int,
    b"f": _read_float,
    b"j": json.loads,
    b"t": lambda raw: datetime.fromisoformat(raw.decode()),
    b"d": lambda raw: date.fromisoformat(raw.decode()),
    b"o": _read_other,
}
