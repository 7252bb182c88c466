"""What containers say that they cannot take or be, word for word, and the last that they take."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from tests.store.crypto.test_container import RING, container, described, header_of, signed

from tastemaker.errors import ReleaseError, TamperedError
from tastemaker.store.crypto.container import MAX_HEADER, pack, unpack

JSON_ONLY = (
    "Give only what JSON can hold: text, finite numbers, true, false, null, lists, and mappings by "
    "text."
)

MALFORMED = [
    (signed(struct.pack(">I", 0)), "it holds what is no JSON"),
    (signed(struct.pack(">I", 4) + b"null"), "it holds what is no JSON"),
    (signed(struct.pack(">I", MAX_HEADER) + b" " * MAX_HEADER), "it holds what is no JSON"),
    (signed(struct.pack(">I", MAX_HEADER + 1) + b" " * (MAX_HEADER + 1)), "its header is too long"),
    (container(header_of(), b"", b"[]"), "it holds what is no JSON"),
    (container({}), "its header is not one"),
    (container(header_of(values=-2)), "its header is not one"),
    (container({**header_of(), "more": 1}), "its header is not as this version writes it"),
    (container(header_of(described(), described()), bytes(8)), "two of its arrays have one name"),
    (container(header_of(described()), bytes(5)), "it is not as long as its header says"),
    (
        container(header_of(described()), struct.pack("<f", float("nan"))),
        "its array 'a' holds NaN, infinity or a bool that is none",
    ),
    *(
        (container(header_of(one), bytes(4)), "one of its arrays is described wrongly")
        for one in (described(shape=[-1]), described(dtype="u4"), described(name=1), "a")
    ),
]


@pytest.mark.parametrize(("whole", "why"), MALFORMED, ids=range(len(MALFORMED)))
def test_why_a_container_cannot_be_read(whole: bytes, why: str) -> None:
    with pytest.raises(ReleaseError) as caught:
        unpack(whole, RING.verify)
    assert str(caught.value) == f"A stored model cannot be read: {why}. Train again."


@pytest.mark.parametrize("whole", [b"", b"TMC1", b"TMC1" + bytes(39), b"TMC2" + bytes(100)])
def test_what_is_no_container_is_called_so(whole: bytes) -> None:
    with pytest.raises(TamperedError) as caught:
        unpack(whole, RING.verify)
    assert str(caught.value) == (
        "A stored model is no model container: it was changed or truncated."
    )


@pytest.mark.parametrize(
    ("name", "array", "kind"),
    [
        ("odd", np.array([1], np.uint16), "uint16"),
        ("odd", [1.0], "list"),
        (1, np.array([1], np.int64), "int64"),
    ],
)
def test_an_array_that_is_refused_is_told_with_what_is_taken(
    name: Any, array: Any, kind: str
) -> None:
    with pytest.raises(ReleaseError) as caught:
        pack({name: array}, {}, {}, RING.sign)
    assert str(caught.value) == (
        f"Array {name!r} of a model's state is of {kind}; "
        "use one of f2, f4, f8, i1, u1, i4, i8, bool."
    )


def test_an_array_that_is_not_finite_is_told() -> None:
    with pytest.raises(ReleaseError) as caught:
        pack({"w": np.array([np.nan])}, {}, {}, RING.sign)
    assert str(caught.value) == "Array 'w' of a model's state holds NaN or infinity."


def test_values_that_cannot_be_stored_are_all_named() -> None:
    odd = {"first": (1,), "fine": 1, "second": b"x"}
    with pytest.raises(ReleaseError) as caught:
        pack({}, odd, {}, RING.sign)
    assert str(caught.value) == (
        f"The values of a model cannot be stored: 'first', 'second'. {JSON_ONLY}"
    )
    with pytest.raises(ReleaseError) as caught:
        pack({}, {}, {"odd": (1,)}, RING.sign)
    assert str(caught.value) == (
        f"The manifest of a model cannot be stored: 'manifest'. {JSON_ONLY}"
    )


def test_a_manifest_that_is_too_long_is_told_where_to_go() -> None:
    with pytest.raises(ReleaseError) as caught:
        pack({}, {}, {"long": "x" * MAX_HEADER}, RING.sign)
    assert str(caught.value) == (
        f"The header of a model takes {MAX_HEADER + 52} bytes; the limit is {MAX_HEADER}. Put "
        "large things into arrays or values, not into the manifest."
    )


def test_the_most_dimensions_and_the_largest_size_are_taken() -> None:
    deep = np.ones((1,) * 32, np.float32)
    assert unpack(pack({"a": deep}, {}, {}, RING.sign), RING.verify).arrays["a"].shape == (1,) * 32
    empty = container(header_of(described(shape=[2**48, 0])))
    assert unpack(empty, RING.verify).arrays["a"].shape == (2**48, 0)
    for shape in ([2**48 + 1, 0], [1] * 33):
        with pytest.raises(ReleaseError, match="described wrongly"):
            unpack(container(header_of(described(shape=shape)), bytes(4)), RING.verify)
