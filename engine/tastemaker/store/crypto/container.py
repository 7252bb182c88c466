"""Model containers: signed files of arrays and JSON values, and never of code.

In the order of the bytes, big endian:

| bytes | field |
|---|---|
| 4 | magic "TMC1" |
| 36 | signature of all that follows: key id (u32) and HMAC-SHA256 |
| 4 | h, the length of the header, at most 1 MiB |
| h | the header: canonical JSON in ASCII, filled up with spaces so that the arrays are aligned |
| n | the arrays one after the other, widest dtype first, little endian, in C order |
| v | the values: canonical JSON in ASCII |

The header is `{"arrays":[{"dtype","name","shape"},…],"manifest":{…},"values":v}`; where the arrays
lie follows from their order, so there can be no holes and no overlaps. Nothing is parsed before
the signature is verified.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

from tastemaker.errors import ReleaseError, TamperedError

MAGIC = b"TMC1"
LABEL = "model container"
MAX_HEADER = 2**20

ARRAY_DTYPES: dict[str, np.dtype[Any]] = {
    "f2": np.dtype("<f2"),
    "f4": np.dtype("<f4"),
    "f8": np.dtype("<f8"),
    "i1": np.dtype("i1"),
    "u1": np.dtype("u1"),
    "i4": np.dtype("<i4"),
    "i8": np.dtype("<i8"),
    "bool": np.dtype("?"),
}

ContainerArray = npt.NDArray[Any]
_Arrays = Mapping[str, ContainerArray]
_Values = Mapping[str, Any]
Sign = Callable[[str, memoryview], bytes]
Verify = Callable[[str, memoryview, bytes], None]

_SIGNED = len(MAGIC) + 36
_HEADER = _SIGNED + 4
_ALIGNMENT = 8
_MAX_DIMENSIONS = 32
_MAX_SIZE = 2**48
_PIECE = 2**20
_WORDS = {dtype: word for word, dtype in ARRAY_DTYPES.items()}


class Contents(NamedTuple):
    """What a container holds.

    Attributes:
        arrays: read-only.
        values: the JSON values beside them.
        manifest: what the container says about itself.
    """

    arrays: dict[str, ContainerArray]
    values: dict[str, Any]
    manifest: dict[str, Any]


class _Entry(NamedTuple):
    name: str
    dtype: str
    shape: tuple[int, ...]

    def described(self) -> dict[str, Any]:
        return {"dtype": self.dtype, "name": self.name, "shape": list(self.shape)}

    @property
    def length(self) -> int:
        return math.prod(self.shape) * ARRAY_DTYPES[self.dtype].itemsize


def pack(arrays: _Arrays, values: _Values, manifest: _Values, sign: Sign) -> bytes:
    """A container of the arrays and values, signed.

    Args:
        arrays: of dtype f2, f4, f8, i1, u1, i4, i8 or bool; every float finite.
        values: anything JSON can hold and give back unchanged.
        manifest: likewise; with the names and shapes of the arrays at most 1 MiB.
        sign: `Keyring.sign`.

    Raises:
        ReleaseError: an array or a value is none of these; it names which.
    """
    head, segments, written = parts_of(arrays, values, manifest)
    start = MAGIC + bytes(_SIGNED - len(MAGIC)) + len(head).to_bytes(4, "big")
    raw = [array.reshape(-1).view(np.uint8).data for array in segments]
    whole = bytearray().join((start, head, *raw, written))
    whole[len(MAGIC) : _SIGNED] = sign(LABEL, memoryview(whole)[_SIGNED:])
    return bytes(whole)


def parts_of(
    arrays: _Arrays, values: _Values, manifest: _Values
) -> tuple[bytes, list[ContainerArray], bytes]:
    """The header, the arrays in their order, and the values; refuses what `pack` refuses."""
    segments = [_segment(name, array) for name, array in arrays.items()]
    segments.sort(key=lambda segment: (-segment[1].itemsize, segment[0].name))
    written = _json_of("values", values)
    header = {
        "arrays": [entry.described() for entry, _ in segments],
        "manifest": dict(manifest),
        "values": len(written),
    }
    head = _filled_up(_json_of("manifest", header))
    if len(head) > MAX_HEADER:
        raise ReleaseError(
            f"The header of a model takes {len(head)} bytes; the limit is {MAX_HEADER}. Put large "
            "things into arrays or values, not into the manifest."
        )
    return head, [array for _, array in segments], written


def signed_anew(container: bytes, sign: Sign) -> bytes:
    """A container whose signature was verified, with one by another key."""
    whole = bytearray(container)
    whole[len(MAGIC) : _SIGNED] = sign(LABEL, memoryview(whole)[_SIGNED:])
    return bytes(whole)


def unpack(container: bytes, verify: Verify) -> Contents:
    """What a container holds.

    The arrays are read-only views of `container`: they cost no memory of their own.

    Args:
        container: what `pack` gave.
        verify: `Keyring.verify`.

    Raises:
        TamperedError: it was changed, truncated, or not signed by this database.
        UnknownKeyError: it is signed with a key that this database does not hold.
        ReleaseError: it is signed, and yet no container of this version of the engine.
    """
    if len(container) < _HEADER or container[: len(MAGIC)] != MAGIC:
        raise TamperedError("A stored model is no model container: it was changed or truncated.")
    body = memoryview(container)[_SIGNED:]
    verify(LABEL, body, container[len(MAGIC) : _SIGNED])
    contents = parse(container)
    for name, array in contents.arrays.items():
        if not _is_sound(array):
            raise _malformed(f"its array {name!r} holds NaN, infinity or a bool that is none")
    return contents


def parse(container: bytes | memoryview) -> Contents:
    """What a container holds that `unpack` accepted before, and that is known to be the same.

    Neither the signature nor the numbers are looked at again: this touches the header and the
    values alone, so that a mapped file is read from the disk where it is used.

    Args:
        container: read-only; the arrays are views of it.

    Raises:
        ReleaseError: it is no container of this version of the engine.
    """
    whole = memoryview(container)
    start = _HEADER + int.from_bytes(whole[_SIGNED:_HEADER], "big")
    entries, manifest, n_values = _read_header(bytes(whole[_HEADER:start]))
    stop = len(whole) - n_values
    if start + sum(entry.length for entry in entries) != stop:
        raise _malformed("it is not as long as its header says")
    arrays: dict[str, ContainerArray] = {}
    for entry in entries:
        part = whole[start : start + entry.length]
        arrays[entry.name] = np.frombuffer(part, ARRAY_DTYPES[entry.dtype]).reshape(entry.shape)
        start += entry.length
    return Contents(arrays, _parsed(bytes(whole[stop:])), manifest)


def _segment(name: str, array: ContainerArray) -> tuple[_Entry, ContainerArray]:
    dtype = array.dtype.newbyteorder("<") if isinstance(array, np.ndarray) else None
    word = None if dtype is None else _WORDS.get(dtype)
    if not isinstance(name, str) or word is None:
        found = type(array).__name__ if dtype is None else str(dtype)
        known = ", ".join(ARRAY_DTYPES)
        raise ReleaseError(f"Array {name!r} of a model's state is of {found}; use one of {known}.")
    ordered = np.asarray(array, dtype=dtype, order="C")
    if not _is_sound(ordered):
        raise ReleaseError(f"Array {name!r} of a model's state holds NaN or infinity.")
    return _Entry(name, word, array.shape), ordered


def _is_sound(array: ContainerArray) -> bool:
    """Whether floats are finite and bools are 0 or 1; in pieces, to need little memory."""
    flat = array.reshape(-1)
    pieces = (flat[start : start + _PIECE] for start in range(0, flat.size, _PIECE))
    if array.dtype.kind == "f":
        return all(bool(np.isfinite(piece).all()) for piece in pieces)
    if array.dtype.kind == "b":
        return all(int(piece.view(np.uint8).max()) <= 1 for piece in pieces)
    return True


def _json_of(what: str, value: Mapping[str, Any]) -> bytes:
    try:
        return _canonical(dict(value))
    except (TypeError, ValueError, RecursionError):
        raise ReleaseError(
            f"The {what} of a model cannot be stored: {', '.join(_unfit(value))}. Give only what "
            "JSON can hold: text, finite numbers, true, false, null, lists, and mappings by text."
        ) from None


def _unfit(value: Mapping[str, Any]) -> list[str]:
    names = []
    for name, part in value.items():
        try:
            _canonical({name: part})
        except (TypeError, ValueError, RecursionError):
            names.append(repr(name))
    return names


def _canonical(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, allow_nan=False, sort_keys=True, separators=(",", ":"))
    # A tuple would come back as a list, and a key 1 as "1".
    if json.loads(text) != value:
        raise ValueError
    return text.encode("ascii")


def _filled_up(head: bytes) -> bytes:
    return head + b" " * (-(_HEADER + len(head)) % _ALIGNMENT)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _malformed("it holds what is no JSON")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _read_header(head: bytes) -> tuple[list[_Entry], dict[str, Any], int]:
    if len(head) > MAX_HEADER:
        raise _malformed("its header is too long")
    header = _parsed(head)
    entries, manifest, n_values = (header.get(key) for key in ("arrays", "manifest", "values"))
    if not isinstance(manifest, dict) or not _is_count(n_values) or not isinstance(entries, list):
        raise _malformed("its header is not one")
    read = [_entry(each) for each in entries]
    again = {"arrays": [each.described() for each in read], "manifest": manifest}
    # The one spelling that `pack` gives: nothing unknown, nothing twice, nothing hidden.
    if _filled_up(_json_of("manifest", again | {"values": n_values})) != head:
        raise _malformed("its header is not as this version writes it")
    if len({each.name for each in read}) != len(read):
        raise _malformed("two of its arrays have one name")
    return read, manifest, n_values


def _entry(described: object) -> _Entry:
    if isinstance(described, dict):
        name, dtype, shape = (described.get(key) for key in ("name", "dtype", "shape"))
        if (
            isinstance(name, str)
            and isinstance(dtype, str)
            and dtype in ARRAY_DTYPES
            and isinstance(shape, list)
            and len(shape) <= _MAX_DIMENSIONS
            and all(_is_count(length) for length in shape)
            and math.prod(max(length, 1) for length in shape) <= _MAX_SIZE
        ):
            return _Entry(name, dtype, tuple(shape))
    raise _malformed("one of its arrays is described wrongly")


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0


def _malformed(why: str) -> ReleaseError:
    return ReleaseError(f"A stored model cannot be read: {why}. Train again.")
