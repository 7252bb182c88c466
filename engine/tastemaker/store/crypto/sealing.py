"""Sealed values, stored format 1: one value, encrypted and bound to the one cell it belongs to.

Big endian, in the order of the bytes:

| bytes | field |
|---|---|
| 1 | magic 0xFE |
| 1 | version 1 |
| 1 | algorithm: 1 AES-256-GCM, 2 AES-256-GCM-SIV, 3 ChaCha20-Poly1305 |
| 1 | flags: 0 (bit 0 is kept for keys of a single person) |
| 4 | id of the data key, not 0 |
| 12 | nonce |
| n | ciphertext of the padded, typed value |
| 16 | tag |

Bound to it, though not stored with it: the first 8 bytes, and each with its length before it
"tastemaker/v1/field", the tenant, the table, the column and the row's ref. The names of table and
column are the logical ones ("user", "attributes"), so that renaming a table breaks nothing.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from tastemaker.errors import KeyProblem, TamperedError
from tastemaker.store.crypto.sealed_column import FORMAT, SealedBytes
from tastemaker.store.crypto.typed_values import STEP, DamagedValueError, Sealable, decode, encode

AES_256_GCM = 1
AES_256_GCM_SIV = 2
CHACHA20_POLY1305 = 3

DEFAULT_ALGORITHM = AES_256_GCM_SIV
"""A repeated nonce shows only that two values are equal, where the others lose the key."""

FIELD = b"tastemaker/v1/field"

HEADER_BYTES = 8
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32

_HEADER = struct.Struct(">2sBBI")
_LENGTH = struct.Struct(">I")
_BODY = HEADER_BYTES + NONCE_BYTES
_SHORTEST = _BODY + STEP + TAG_BYTES


class Cipher(Protocol):
    """Authenticated encryption with associated data."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The ciphertext and its tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plain text. Raises InvalidTag if anything was changed."""


_ALGORITHMS: dict[int, Callable[[bytes], Cipher]] = {
    AES_256_GCM: AESGCM,
    AES_256_GCM_SIV: AESGCMSIV,
    CHACHA20_POLY1305: ChaCha20Poly1305,
}


class Header(NamedTuple):
    """What a sealed value says about itself."""

    algorithm: int
    key_id: int


def join(*parts: bytes) -> bytes:
    """The parts, each with its length (u32) before it, so that no two lists give the same bytes."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def derive(key: bytes, purpose: bytes, *names: bytes) -> bytes:
    """A key of 32 bytes for one purpose: HKDF-Expand (RFC 5869) of `purpose` and the names."""
    return HKDFExpand(SHA256(), KEY_BYTES, purpose + join(*names)).derive(key)


def new_cipher(algorithm: int, key: bytes) -> Cipher:
    """The cipher of an algorithm number, with its key.

    Raises:
        TamperedError: there is no such algorithm.
        KeyProblem: this machine's OpenSSL cannot do it.
    """
    kind = _ALGORITHMS.get(algorithm)
    if kind is None:
        raise TamperedError(f"There is no sealing algorithm {algorithm}.")
    try:
        return kind(key)
    except UnsupportedAlgorithm:
        raise KeyProblem(
            "This machine's OpenSSL has no AES-256-GCM-SIV. Install the wheel of `cryptography` "
            "from PyPI, or make the keys for AES-256-GCM."
        ) from None


def read_header(sealed: bytes) -> Header:
    """What a sealed value says about its algorithm and key; nothing of it is proven yet.

    Raises:
        TamperedError: it is not a sealed value of format 1.
    """
    if len(sealed) < _SHORTEST or (len(sealed) - _SHORTEST) % STEP:
        raise TamperedError(
            f"A sealed value has {len(sealed)} bytes, which none can have: it was truncated or "
            "extended. Restore it from a backup."
        )
    start, algorithm, flags, key_id = _HEADER.unpack_from(sealed)
    if start != FORMAT or flags or not key_id or algorithm not in _ALGORITHMS:
        raise TamperedError(
            "The header of a sealed value was changed, or it was never sealed. Restore it from a "
            "backup."
        )
    return Header(algorithm, key_id)


class Sealer:
    """Seals and opens the values of one place, such as one column, under one key.

    Args:
        algorithm: 1, 2 or 3.
        key_id: the public number of the data key, from 1.
        key: 32 bytes, derived from the data key for this place alone.
        place: the names that every value is bound to, the first of them the domain.
    """

    def __init__(self, algorithm: int, key_id: int, key: bytes, *place: bytes) -> None:
        self._cipher = new_cipher(algorithm, key)
        self._header = _HEADER.pack(FORMAT, algorithm, 0, key_id)
        self._bound = self._header + join(*place)
        self._place = place

    def __repr__(self) -> str:
        return f"Sealer({b'/'.join(self._place[2:]).decode(errors='replace')})"

    def seal(self, ref: bytes, value: Sealable) -> SealedBytes:
        """The value sealed for the row `ref` of this place.

        Raises:
            InputError: the value cannot be sealed; the error does not carry it.
        """
        return self.seal_encoded(ref, encode(value))

    def seal_encoded(self, ref: bytes, encoded: bytes) -> SealedBytes:
        """What `open_encoded` gave, sealed for the row `ref` of this place."""
        nonce = os.urandom(NONCE_BYTES)
        bound = self._bound + _LENGTH.pack(len(ref)) + ref
        body = self._cipher.encrypt(nonce, encoded, bound)
        return SealedBytes(b"".join((self._header, nonce, body)))

    def open(self, ref: bytes, sealed: bytes) -> Sealable:
        """The value that was sealed for the row `ref` of this place.

        Raises:
            TamperedError: it was changed, or sealed for another row, place or database.
        """
        try:
            return decode(self._decrypted(ref, sealed))
        except (InvalidTag, DamagedValueError):
            raise self._tampered(ref) from None

    def open_encoded(self, ref: bytes, sealed: bytes) -> bytes:
        """The bytes that stand for the value that was sealed for the row `ref` of this place.

        Raises:
            TamperedError: see `open`.
        """
        try:
            return self._decrypted(ref, sealed)
        except InvalidTag:
            raise self._tampered(ref) from None

    def _decrypted(self, ref: bytes, sealed: bytes) -> bytes:
        if sealed[:HEADER_BYTES] != self._header or len(sealed) < _SHORTEST:
            raise InvalidTag
        bound = self._bound + _LENGTH.pack(len(ref)) + ref
        return self._cipher.decrypt(sealed[HEADER_BYTES:_BODY], sealed[_BODY:], bound)

    def _tampered(self, ref: bytes) -> TamperedError:
        # The place is named by what is public of it; the ref is a keyed hash.
        names = ", ".join(part.decode(errors="replace") for part in self._place[2:])
        return TamperedError(
            f"The sealed value of {names} in row {ref[:4].hex()}… was changed, truncated, or "
            "moved here from elsewhere. Restore it from a backup."
        )
