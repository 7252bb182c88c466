"""Published vectors, and vectors of our own, through the layers that the store seals with.

The published ones are those of the package `cryptography_vectors`: of NIST's CAVP for AES-GCM, of
RFC 8452 for AES-GCM-SIV, of RFC 7539 and BoringSSL for ChaCha20-Poly1305, of RFC 5869 for HKDF.
What must be refused is made of each of them in the manner of Wycheproof: changed tags, nonces and
bound data.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import struct
from collections.abc import Iterator
from typing import NamedTuple

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag
from tests.store.crypto.test_sealing import CIPHERS, KEY_ID, TENANT

from tastemaker.errors import TamperedError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealing import (
    AES_256_GCM,
    AES_256_GCM_SIV,
    CHACHA20_POLY1305,
    FIELD,
    Sealer,
    derive,
    new_cipher,
)
from tastemaker.store.crypto.typed_values import Sealable, encode

GCM = "ciphers/AES/GCM/"
CHACHA = "ciphers/ChaCha20Poly1305/"
FILES = [
    # which cipher, the file, how many of its vectors are for keys, nonces and tags of our lengths
    (AES_256_GCM, GCM + "gcmEncryptExtIV256.rsp", 375, 0),
    (AES_256_GCM, GCM + "gcmDecrypt256.rsp", 184, 191),
    (AES_256_GCM_SIV, "ciphers/AES/GCM-SIV/openssl.txt", 24, 0),
    (CHACHA20_POLY1305, CHACHA + "boringssl.txt", 66, 0),
    (CHACHA20_POLY1305, CHACHA + "openssl.txt", 4, 1),
]
NAMES = {"nonce": "iv", "ad": "aad", "in": "pt", "plaintext": "pt", "ciphertext": "ct"}


class Vector(NamedTuple):
    """One published case; no plain text where the case must be refused."""

    key: bytes
    nonce: bytes
    bound: bytes
    plain: bytes | None
    sealed: bytes


def cases(file: str) -> Iterator[dict[str, str]]:
    """The fields of each case of a file, by the name that NIST gives them."""
    with cryptography_vectors.open_vector_file(file, "r") as stream:
        found: dict[str, str] = {}
        for line in stream:
            name, _, value = (part.strip() for part in line.partition("="))
            name = NAMES.get(name.lower(), name.lower())
            if name == "count":
                if found:
                    yield found
                found = {}
            elif name == "fail" or name == "result":
                found["refused"] = "yes"
            elif name and not name.startswith(("#", "[")):
                found[name] = value
        yield found


def raw(text: str) -> bytes:
    """A field's bytes: of hexadecimal digits, or of a text in quotation marks."""
    return text[1:-1].encode() if text.startswith('"') else bytes.fromhex(text)


def vectors(file: str) -> list[Vector]:
    """The cases of a file that have a key of 32 bytes, a nonce of 12 and a tag of 16."""
    found = []
    for case in cases(file):
        key, nonce, tag = (raw(case.get(name, "")) for name in ("key", "iv", "tag"))
        if (len(key), len(nonce), len(tag)) == (32, 12, 16):
            plain = None if "refused" in case else raw(case.get("pt", ""))
            bound, sealed = raw(case.get("aad", "")), raw(case.get("ct", "")) + tag
            found.append(Vector(key, nonce, bound, plain, sealed))
    return found


def spoilt(vector: Vector) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Nonce, sealed bytes and bound data of what must not open though the vector does."""
    body, tag = vector.sealed[:-16], vector.sealed[-16:]
    number = int.from_bytes(tag, "big")
    tags = [(number ^ 1 << bit).to_bytes(16, "big") for bit in range(128)]
    tags += [bytes(16), b"\xff" * 16, bytes(byte ^ 0xFF for byte in tag)]
    tags += [bytes(byte ^ high for byte in tag) for high in (0x80, 0x01)]
    tags += [tag[:length] for length in range(16)]
    yield from ((vector.nonce, body + changed, vector.bound) for changed in tags if changed != tag)
    yield vector.nonce, vector.sealed + b"\x00", vector.bound
    yield vector.nonce, b"\x00" + vector.sealed, vector.bound
    yield vector.nonce, vector.sealed, vector.bound + b"\x00"
    yield vector.nonce[:-1] + bytes((vector.nonce[-1] ^ 1,)), vector.sealed, vector.bound
    if body:
        yield vector.nonce, bytes((body[0] ^ 1,)) + vector.sealed[1:], vector.bound
    if vector.bound and vector.bound != body:
        yield vector.nonce, vector.bound + tag, body


@pytest.mark.parametrize(("algorithm", "file", "accepted", "refused"), FILES)
def test_the_ciphers_do_what_was_published(
    algorithm: int, file: str, accepted: int, refused: int
) -> None:
    counts = [0, 0]
    for vector in vectors(file):
        cipher = new_cipher(algorithm, vector.key)
        counts[vector.plain is None] += 1
        if vector.plain is None:
            with pytest.raises(InvalidTag):
                cipher.decrypt(vector.nonce, vector.sealed, vector.bound)
        else:
            assert cipher.encrypt(vector.nonce, vector.plain, vector.bound) == vector.sealed
            assert cipher.decrypt(vector.nonce, vector.sealed, vector.bound) == vector.plain
    assert counts == [accepted, refused]


@pytest.mark.parametrize(("algorithm", "file"), [case[:2] for case in FILES])
def test_the_ciphers_open_nothing_that_was_changed(algorithm: int, file: str) -> None:
    refused = 0
    for vector in vectors(file):
        if vector.plain is None:
            continue
        cipher = new_cipher(algorithm, vector.key)
        for nonce, sealed, bound in spoilt(vector):
            with pytest.raises(InvalidTag):
                cipher.decrypt(nonce, sealed, bound)
            refused += 1
    assert refused >= 150 * 4


@pytest.mark.parametrize("file", [GCM + "gcmEncryptExtIV256.rsp", GCM + "gcmDecrypt256.rsp"])
def test_a_key_unwraps_what_was_published_and_nothing_else(file: str) -> None:
    for number, vector in enumerate(vectors(file)):
        key = Key(base64.b64encode(vector.key).decode())
        refused = [(vector.nonce, vector.sealed, vector.bound)]
        if vector.plain is not None:
            assert key.unwrap(vector.nonce + vector.sealed, vector.bound) == vector.plain
            refused = [] if number % 8 else [*spoilt(vector)]
        for nonce, sealed, bound in refused:
            with pytest.raises(TamperedError):
                key.unwrap(nonce + sealed, bound)


def test_keys_are_derived_as_published() -> None:
    derived = 0
    for case in cases("KDF/rfc-5869-HKDF-SHA256.txt"):
        # Our own purposes are followed by names; without any, they are the `info` of the RFC.
        assert derive(raw(case["prk"]), raw(case["info"])) == raw(case["okm"])[:32]
        derived += 1
    assert derived == 3


OWN_VALUES: list[Sealable] = [
    *("ö" * length for length in range(18)),
    *("x" * length for length in (0, 14, 15, 16, 30, 31, 32, 47, 1000)),
    *(bytes(range(length)) for length in range(0, 40, 3)),
    *(sign * 2**bits + off for bits in (0, 7, 8, 63, 64) for sign in (1, -1) for off in (0, -1)),
    *(0.0, -0.0, 0.1, 1e308, -5e-324),
    *([], {}, {"a": "ö", "b": [1, None, True]}, [[[]]]),
    *(True, False, None),
    datetime.date(1900, 2, 28),
    datetime.datetime(2024, 2, 29, 12, 30, 59, 1),
    datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
]

OWN_DIGEST = "e1e73f21b20a"


def own_vector(algorithm: int, number: int, encoded: bytes) -> tuple[bytes, bytes, bytes]:
    """A key, a row's ref, and what format 1 makes of a value, by no code of the store."""
    key, nonce, ref = (
        hashlib.sha256(f"{what} {algorithm} {number}".encode()).digest()
        for what in ("key", "nonce", "ref")
    )
    bound = header = struct.pack(">BBBBI", 0xFE, 1, algorithm, 0, KEY_ID)
    for part in (FIELD, TENANT, b"user", b"attributes", ref[:16]):
        bound += struct.pack(">I", len(part)) + part
    body = CIPHERS[algorithm](key).encrypt(nonce[:12], encoded, bound)
    return key, ref[:16], header + nonce[:12] + body


def test_210_values_that_are_sealed_already_are_read_for_ever() -> None:
    whole = hashlib.sha256()
    counted = 0
    for algorithm in CIPHERS:
        for number, value in enumerate(OWN_VALUES):
            key, ref, sealed = own_vector(algorithm, number, encode(value))
            sealer = Sealer(algorithm, KEY_ID, key, FIELD, TENANT, b"user", b"attributes")
            opened = sealer.open(ref, sealed)
            assert (type(opened), repr(opened)) == (type(value), repr(value))
            whole.update(sealed)
            counted += 1
    assert counted >= 200
    assert whole.hexdigest()[:12] == OWN_DIGEST
