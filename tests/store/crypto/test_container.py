from __future__ import annotations

import hashlib
import hmac
import json
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from tastemaker.errors import ReleaseError, TamperedError, UnknownKeyError
from tastemaker.store.crypto.container import (
    ARRAY_DTYPES,
    MAX_HEADER,
    pack,
    parse,
    signed_anew,
    unpack,
)
from tastemaker.store.crypto.data_keys import PURPOSES, DataKey
from tastemaker.store.crypto.keyring import Keyring

Array = npt.NDArray[Any]

TENANT = bytes(range(16))
MODEL_KEY = b"k" * 31 + b"\x02"
RING = Keyring(
    TENANT,
    [
        DataKey(n + 1, purpose, 2, True, b"k" * 31 + bytes((n,)))
        for n, purpose in enumerate(PURPOSES)
    ],
)
ARRAYS: dict[str, Array] = {
    "weights": np.array([[0.5, -1.25], [3.0, 0.0]], np.float32),
    "flags": np.array([True, False, True]),
    "counts": np.array([7, -7], np.int64),
}
VALUES = {"kept": [1, 2.5, "é", None, True], "nested": {"a": {}}}
MANIFEST = {"model": "ease", "trained_at": 1_323_436_200}
HOSTILE = settings(max_examples=60, deadline=None)


def packed() -> bytes:
    return pack(ARRAYS, VALUES, MANIFEST, RING.sign)


def signed(body: bytes) -> bytes:
    """A container with a good signature over whatever it holds."""
    return b"TMC1" + RING.sign("model container", body) + body


def container(header: object, segments: bytes = b"", values: bytes = b"{}") -> bytes:
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-(44 + len(text)) % 8)
    return signed(struct.pack(">I", len(text)) + text + segments + values)


def header_of(*arrays: object, values: object = 2) -> dict[str, object]:
    return {"arrays": list(arrays), "manifest": {}, "values": values}


def described(dtype: object = "f4", shape: object = (1,), name: object = "a") -> dict[str, object]:
    return {"dtype": dtype, "name": name, "shape": shape}


def test_a_container_that_is_signed_anew_is_the_same_but_for_its_signature() -> None:
    keys = list(RING._loaded.keys.values())
    other = Keyring(TENANT, [*keys[:2], DataKey(9, "model", 2, True, b"o" * 32)])
    anew = signed_anew(packed(), other.sign)
    assert anew[:4] == b"TMC1"
    assert anew[4:8] == struct.pack(">I", 9)
    assert anew[40:] == packed()[40:]
    assert unpack(anew, other.verify).values == VALUES
    with pytest.raises(UnknownKeyError):
        unpack(anew, RING.verify)
    assert signed_anew(anew, RING.sign) == packed()


def test_what_was_accepted_once_is_read_without_its_signature() -> None:
    whole = packed()
    read = parse(memoryview(whole[:4] + bytes(36) + whole[40:]))
    assert (read.values, read.manifest) == (VALUES, MANIFEST)
    assert read.arrays["weights"].tolist() == ARRAYS["weights"].tolist()
    with pytest.raises(ReleaseError, match="it is not as long as its header says"):
        parse(whole + b" ")


def test_what_is_packed_is_unpacked_and_read_only() -> None:
    arrays, values, manifest = unpack(packed(), RING.verify)
    assert values == VALUES
    assert manifest == MANIFEST
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        with pytest.raises(ValueError, match="read-only"):
            arrays[name][0] = 0


def test_the_format_is_the_one_laid_down() -> None:
    header = (
        b'{"arrays":[{"dtype":"f4","name":"w","shape":[2]},{"dtype":"u1","name":"b","shape":[1]}],'
        b'"manifest":{"m":1},"values":7}'
    )
    header += b" " * (-(4 + 36 + 4 + len(header)) % 8)
    segments = struct.pack("<ff", 0.5, -2) + b"\x09"
    body = struct.pack(">I", len(header)) + header + segments + b'{"v":2}'
    info = b"tastemaker/v1/sign"
    for part in (TENANT, b"model container"):
        info += struct.pack(">I", len(part)) + part
    secret = hmac.digest(MODEL_KEY, info + b"\x01", hashlib.sha256)
    expected = b"TMC1" + struct.pack(">I", 3) + hmac.digest(secret, body, hashlib.sha256) + body
    arrays: dict[str, Array] = {"b": np.array([9], np.uint8), "w": np.array([0.5, -2], np.float32)}
    assert pack(arrays, {"v": 2}, {"m": 1}, RING.sign) == expected


def test_the_same_contents_give_the_same_bytes_in_any_order() -> None:
    turned = dict(reversed(ARRAYS.items()))
    assert pack(turned, dict(reversed(VALUES.items())), MANIFEST, RING.sign) == packed()


def test_nothing_at_all_is_a_container_too() -> None:
    assert unpack(pack({}, {}, {}, RING.sign), RING.verify) == ({}, {}, {})


arrays_of_any_kind = st.dictionaries(
    st.text(max_size=5),
    st.sampled_from(list(ARRAY_DTYPES.values())).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
            elements={"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else None,
        )
    ),
    max_size=4,
)


@HOSTILE
@given(arrays_of_any_kind)
def test_arrays_of_every_kind_and_shape_come_back_aligned(arrays: dict[str, Array]) -> None:
    again = unpack(pack(arrays, {}, {}, RING.sign), RING.verify).arrays
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype
        assert again[name].shape == array.shape
        assert again[name].tobytes() == array.tobytes()
        assert again[name].flags.aligned
        assert not again[name].flags.writeable


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12, dtype=np.int8)[::3],
        np.arange(6.0).reshape(2, 3).T,
    ],
)
def test_the_layout_in_memory_does_not_matter(array: Array) -> None:
    again = unpack(pack({"a": array}, {}, {}, RING.sign), RING.verify).arrays["a"]
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize(
    "array",
    [
        np.array([object()]),
        np.array(["text"]),
        np.array([b"bytes"]),
        np.array([1j]),
        np.array([1], np.uint16),
        np.array([1], np.uint64),
        np.array(["2011-12-09"], "M8[D]"),
        np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")]),
        [1.0, 2.0],
        np.float64(1.0),
        None,
    ],
)
def test_an_array_of_another_type_is_named(array: Any) -> None:
    with pytest.raises(ReleaseError, match="'odd one'"):
        pack({"odd one": array}, {}, {}, RING.sign)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_float_that_is_not_finite_is_refused(bad: float, dtype: type) -> None:
    array: Array = np.zeros(3, dtype)
    array[1] = bad
    with pytest.raises(ReleaseError, match="'w' .* NaN or infinity"):
        pack({"w": array}, {}, {}, RING.sign)


def test_one_bad_float_at_the_end_of_a_large_array_is_found() -> None:
    array = np.zeros(2**20 + 1, np.float32)
    array[-1] = np.nan
    with pytest.raises(ReleaseError):
        pack({"w": array}, {}, {}, RING.sign)


def endless() -> list[Any]:
    inner: list[Any] = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), (1, 2), {1: 2}, np.int64(1), b"x", object(), endless()]
)
def test_a_value_that_json_would_change_is_named(value: Any) -> None:
    with pytest.raises(ReleaseError, match="values .* 'odd one'"):
        pack({}, {"fine": 1, "odd one": value}, {}, RING.sign)
    with pytest.raises(ReleaseError, match="manifest"):
        pack({}, {}, {"odd one": value}, RING.sign)


def test_a_large_vocabulary_fits_into_values_but_not_into_the_manifest() -> None:
    words = [f"word-{n}" for n in range(120_000)]
    assert unpack(pack({}, {"words": words}, {}, RING.sign), RING.verify).values["words"] == words
    with pytest.raises(ReleaseError, match=str(MAX_HEADER)):
        pack({}, {}, {"words": words}, RING.sign)


def test_every_flipped_bit_and_every_truncation_is_noticed() -> None:
    whole = packed()
    changes = [whole[:length] for length in range(len(whole))]
    changes += [whole + b"\x00", whole + whole]
    for position in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[position // 8] ^= 1 << position % 8
        changes.append(bytes(changed))
    for change in changes:
        with pytest.raises((TamperedError, UnknownKeyError)):
            unpack(change, RING.verify)


def test_another_database_or_a_signature_for_something_else_does_not_count() -> None:
    other = Keyring(b"t" * 16, list(RING._loaded.keys.values()))
    with pytest.raises(TamperedError):
        unpack(packed(), other.verify)
    body = packed()[40:]
    with pytest.raises(TamperedError):
        unpack(b"TMC1" + RING.sign("something else", body) + body, RING.verify)
