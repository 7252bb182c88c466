"""Containers that were changed, cut short or made by somebody else are refused."""

from __future__ import annotations

import random
import struct

import pytest
from tests.store.crypto.test_container import RING, container, described, header_of, packed, signed

from tastemaker.errors import ReleaseError, TamperedError, UnknownKeyError
from tastemaker.store.crypto.container import MAX_HEADER, pack, unpack


def mutated(whole: bytes, chance: random.Random) -> bytes:
    """The bytes after one to three of the things that happen to files, or are done to them."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 3)):
        at, length = chance.randrange(len(data) + 1), chance.randint(1, 16)
        kind = chance.randrange(6)
        if kind == 0:
            data[at : at + 1] = bytes((chance.randrange(256),))
        elif kind == 1:
            data[at : at + length] = chance.randbytes(length)
        elif kind == 2:
            del data[at : at + length]
        elif kind == 3:
            data[at:at] = chance.randbytes(length)
        elif kind == 4:
            data[at:at] = data[at // 2 : at // 2 + length]
        else:
            data[at : at + length] = bytes(length)
    return bytes(data)


def mutate_unsigned(rounds: int, seed: int) -> None:
    chance, whole = random.Random(seed), packed()
    for _ in range(rounds):
        change = mutated(whole, chance)
        if change != whole:
            with pytest.raises((TamperedError, UnknownKeyError)):
                unpack(change, RING.verify)


def mutate_signed(rounds: int, seed: int) -> None:
    """Mutations with a good signature: what gets through must be a sound container."""
    chance, body = random.Random(seed), packed()[40:]
    for _ in range(rounds):
        try:
            read = unpack(signed(mutated(body, chance)), RING.verify)
        except (TamperedError, ReleaseError):
            continue
        pack(read.arrays, read.values, read.manifest, RING.sign)


def test_mutations_are_noticed() -> None:
    mutate_unsigned(1_000, seed=1)
    mutate_signed(1_000, seed=2)


@pytest.mark.slow
def test_many_mutations_are_noticed() -> None:
    mutate_unsigned(100_000, seed=3)
    mutate_signed(100_000, seed=4)


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"TMC1",
        b"TMC1" + bytes(40),
        b"\x93NUMPY\x01\x00" + bytes(100),
        b"\x80\x04\x95" + bytes(100),
        b"PK\x03\x04" + bytes(100),
    ],
    ids=["empty", "magic", "unsigned", "npy", "pickle", "zip"],
)
def test_what_is_no_container_is_tampered_with(whole: bytes) -> None:
    with pytest.raises((TamperedError, UnknownKeyError)):
        unpack(whole, RING.verify)


deep = b"[" * 100_000 + b"]" * 100_000


MALFORMED = [
    signed(b"\xff\xff\xff\xff" + bytes(100)),
    signed(struct.pack(">I", 4) + b"null"),
    signed(struct.pack(">I", 3) + b"\xff{}"),
    signed(struct.pack(">I", len(deep)) + deep),
    signed(struct.pack(">I", 5000) + b"1" * 5000),
    signed(struct.pack(">I", MAX_HEADER + 8) + b" " * (MAX_HEADER + 8)),
    container([]),
    container({}),
    container({**header_of(), "more": 1}),
    container({"arrays": [], "manifest": [], "values": 2}),
    container(header_of(values=None)),
    container(header_of(values=True)),
    container(header_of(values=-2)),
    container(header_of(values=2.0)),
    container(header_of(values=10**30)),
    container(header_of(), b"hole"),
    container(header_of(described()), b""),
    container(header_of(described()), bytes(5)),
    container(header_of(described(shape=[2**40])), bytes(4)),
    container(header_of(described(shape=[2**62, 0])), b""),
    container(header_of(described(shape=[0] * 64)), b""),
    container(header_of(described(shape=[-1])), bytes(4)),
    container(header_of(described(shape=[True])), bytes(4)),
    container(header_of(described(shape=[1.0])), bytes(4)),
    container(header_of(described(shape=["1"])), bytes(4)),
    container(header_of(described(shape=4)), bytes(4)),
    container(header_of(described(dtype="O")), bytes(8)),
    container(header_of(described(dtype="u4")), bytes(4)),
    container(header_of(described(dtype=["f4"])), bytes(4)),
    container(header_of(described(name=1)), bytes(4)),
    container(header_of({**described(), "offset": 0}), bytes(4)),
    container(header_of("a"), b""),
    container(header_of(described(), described()), bytes(8)),
    container(header_of(described()), struct.pack("<f", float("nan"))),
    container(header_of(described(dtype="f8")), struct.pack("<d", float("-inf"))),
    container(header_of(described(dtype="bool")), b"\x02"),
    container(header_of(), b"", b"[]"),
    container(header_of(), b"", b"{{"),
    container(header_of(values=9), b"", b'{"a":NaN}'),
    container(header_of(values=len(deep)), b"", deep),
    container(header_of(values=11), b"", b'{"a":1e999}'),
]


@pytest.mark.parametrize("whole", MALFORMED, ids=range(len(MALFORMED)))
def test_a_signed_container_that_is_malformed_is_refused(whole: bytes) -> None:
    with pytest.raises(ReleaseError):
        unpack(whole, RING.verify)


@pytest.mark.parametrize(
    "spelling",
    [
        b'{"arrays":[],"manifest":{},"values":2}  ' + b" " * 8,
        b'{"arrays": [],"manifest":{},"values":2}',
        b'{"manifest":{},"arrays":[],"values":2}  ',
        b'{"arrays":[],"arrays":[],"manifest":{},"values":2}',
    ],
)
def test_a_header_has_one_spelling_only(spelling: bytes) -> None:
    filled = spelling + b" " * (-(44 + len(spelling)) % 8)
    with pytest.raises(ReleaseError, match="as this version writes it"):
        unpack(signed(struct.pack(">I", len(filled)) + filled + b"{}"), RING.verify)
