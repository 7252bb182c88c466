from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV, ChaCha20Poly1305
from hypothesis import given, strategies as st

from tastemaker.errors import KeyProblem, TamperedError
from tastemaker.store.crypto import sealing
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.crypto.sealing import (
    AES_256_GCM,
    AES_256_GCM_SIV,
    CHACHA20_POLY1305,
    FIELD,
    Sealer,
    derive,
    join,
    new_cipher,
    read_header,
)

KEY = bytes(range(32))
NONCE = bytes(range(100, 112))
TENANT = b"\xaa" * 16
REF = b"\xbb" * 16
KEY_ID = 0x01020304
CIPHERS: dict[int, Callable[[bytes], Any]] = {
    AES_256_GCM: AESGCM,
    AES_256_GCM_SIV: AESGCMSIV,
    CHACHA20_POLY1305: ChaCha20Poly1305,
}

# What `reference` below gave when format 1 was laid down: "Zoë" for user, email, REF.
VECTORS: dict[int, str] = {
    AES_256_GCM: (
        "fe010100010203046465666768696a6b6c6d6e6f3b41b1a5d269569e3e625fe8"
        "da656afd016e12e253d3f3b88816e90539f8602c"
    ),
    AES_256_GCM_SIV: (
        "fe010200010203046465666768696a6b6c6d6e6fadf23df844d107aa62521bce"
        "2b77e2b23aeedf8d5cf61d21a6ca521abaab707f"
    ),
    CHACHA20_POLY1305: (
        "fe010300010203046465666768696a6b6c6d6e6f474bd40933257652fbde157f"
        "f289d893067318d8c6e9f40102671963ff3c949c"
    ),
}


def new_sealer(algorithm: int = AES_256_GCM_SIV, *place: bytes) -> Sealer:
    return Sealer(algorithm, KEY_ID, KEY, FIELD, TENANT, *(place or (b"user", b"email")))


def reference(algorithm: int, plain: bytes, *place: bytes) -> bytes:
    """Format 1 as SECURITY.md 3.1 states it, written a second time and without our own code."""
    header = struct.pack(">BBBBI", 0xFE, 1, algorithm, 0, KEY_ID)
    bound = header
    for part in (b"tastemaker/v1/field", TENANT, *place, REF):
        bound += struct.pack(">I", len(part)) + part
    padded = plain + b"\x80"
    while len(padded) % 16:
        padded += b"\x00"
    return header + NONCE + bytes(CIPHERS[algorithm](KEY).encrypt(NONCE, padded, bound))


@pytest.mark.parametrize("algorithm", CIPHERS)
def test_the_format_is_the_one_laid_down(algorithm: int) -> None:
    vector = bytes.fromhex(VECTORS[algorithm])
    assert reference(algorithm, b"sZo\xc3\xab", b"user", b"email") == vector
    assert new_sealer(algorithm).open(REF, vector) == "Zoë"


@pytest.mark.parametrize("algorithm", CIPHERS)
def test_sealed_values_are_what_another_implementation_opens(algorithm: int) -> None:
    sealed = new_sealer(algorithm).seal(REF, "Zoë")
    bound = sealed[:8] + join(b"tastemaker/v1/field", TENANT, b"user", b"email", REF)
    plain = CIPHERS[algorithm](KEY).decrypt(sealed[8:20], sealed[20:], bound)
    assert plain == b"sZo\xc3\xab\x80" + bytes(10)
    assert sealed[:8] == struct.pack(">BBBBI", 0xFE, 1, algorithm, 0, KEY_ID)


@given(st.text() | st.binary() | st.integers() | st.booleans() | st.none(), st.binary(max_size=40))
def test_what_is_sealed_is_opened(value: str | bytes | int | None, ref: bytes) -> None:
    sealer = new_sealer()
    sealed = sealer.seal(ref, value)
    assert isinstance(sealed, SealedBytes)
    assert sealer.open(ref, sealed) == value
    assert read_header(sealed) == (AES_256_GCM_SIV, KEY_ID)


def test_the_same_value_never_looks_the_same_twice() -> None:
    sealer = new_sealer()
    assert len({sealer.seal(REF, "same") for _ in range(100)}) == 100


def test_a_field_of_100_bytes_grows_by_48() -> None:
    assert len(new_sealer().seal(REF, "x" * 100)) == 148


@pytest.mark.parametrize("algorithm", CIPHERS)
def test_every_flipped_bit_is_noticed(algorithm: int) -> None:
    sealer = new_sealer(algorithm)
    sealed = sealer.seal(REF, "a value of some length")
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(TamperedError):
            sealer.open(REF, bytes(changed))


def test_every_truncation_and_every_extension_is_noticed() -> None:
    sealer = new_sealer()
    sealed = sealer.seal(REF, "a value of some length")
    shapes = [sealed[:length] for length in range(len(sealed))]
    shapes += [sealed[length:] for length in range(1, len(sealed))]
    shapes += [sealed + bytes(length) for length in range(1, 33)]
    for changed in shapes:
        with pytest.raises(TamperedError):
            sealer.open(REF, changed)


@given(st.binary(max_size=120))
def test_no_bytes_at_all_are_taken_for_a_sealed_value(stored: bytes) -> None:
    with pytest.raises(TamperedError):
        new_sealer().open(REF, stored)


@pytest.mark.parametrize(("offset", "byte"), [(0, 0xFF), (1, 2), (2, 0), (2, 4), (3, 1), (3, 0x80)])
def test_a_header_that_format_1_does_not_know_is_refused(offset: int, byte: int) -> None:
    changed = bytearray(new_sealer().seal(REF, "x"))
    changed[offset] = byte
    with pytest.raises(TamperedError):
        read_header(bytes(changed))


def test_key_id_0_and_odd_lengths_are_refused() -> None:
    sealed = new_sealer().seal(REF, "x")
    for changed in (sealed[:4] + bytes(4) + sealed[8:], sealed[:-1], sealed + b"\x00", b""):
        with pytest.raises(TamperedError):
            read_header(changed)


def test_a_value_opens_in_its_own_cell_only() -> None:
    places = [(b"user", b"email"), (b"user", b"name"), (b"item", b"email"), (b"usere", b"mail")]
    refs = [b"\x01" * 16, b"\x02" * 16, b"", b"\x01" * 15]
    cells = [(new_sealer(AES_256_GCM_SIV, *place), ref) for place in places for ref in refs]
    for n, (sealer, ref) in enumerate(cells):
        sealed = sealer.seal(ref, n)
        for m, (other, other_ref) in enumerate(cells):
            if n == m:
                assert other.open(other_ref, sealed) == n
            else:
                with pytest.raises(TamperedError):
                    other.open(other_ref, sealed)


def test_an_error_names_the_cell_and_no_value() -> None:
    sealed = bytearray(new_sealer().seal(REF, "secret"))
    sealed[-1] ^= 1
    with pytest.raises(TamperedError, match=r"user, email in row bbbbbbbb…") as caught:
        new_sealer().open(REF, bytes(sealed))
    assert "secret" not in str(caught.value)
    assert REF.hex() not in str(caught.value)


def test_nothing_secret_is_in_text_forms() -> None:
    sealer = new_sealer()
    assert repr(sealer) == "Sealer(user/email)"
    assert repr(sealer.seal(REF, "x")) == str(sealer.seal(REF, "x")) == "<sealed, 52 bytes>"


def test_a_machine_without_the_cipher_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(key: bytes) -> Any:
        raise UnsupportedAlgorithm("AES-GCM-SIV")

    # What cryptography does where OpenSSL is older than 3.2.
    monkeypatch.setitem(sealing._ALGORITHMS, AES_256_GCM_SIV, unsupported)
    with pytest.raises(KeyProblem, match="has no AES-256-GCM-SIV. Install the wheel"):
        new_cipher(AES_256_GCM_SIV, KEY)


def test_errors_say_what_was_found_and_what_to_do() -> None:
    sealed = new_sealer(AES_256_GCM, b"user", b"\xff").seal(REF, "x")
    found = []
    for act in (
        lambda: read_header(sealed[:-1]),
        lambda: read_header(b"\x00" + sealed[1:]),
        lambda: new_sealer(AES_256_GCM, b"user", b"\xff").open(REF[1:], sealed),
        lambda: new_sealer(AES_256_GCM, b"user", b"\xff").open_encoded(REF[1:], sealed),
        lambda: new_cipher(9, KEY),
    ):
        with pytest.raises(TamperedError) as caught:
            act()
        found.append(str(caught.value))
    moved = (
        "The sealed value of user, \ufffd in row bbbbbbbb… was changed, truncated, or moved here "
        "from elsewhere. Restore it from a backup."
    )
    assert found == [
        "A sealed value has 51 bytes, which none can have: it was truncated or extended. Restore "
        "it from a backup.",
        "The header of a sealed value was changed, or it was never sealed. Restore it from a "
        "backup.",
        moved,
        moved,
        "There is no sealing algorithm 9.",
    ]


def test_a_place_that_is_no_text_is_shown_all_the_same() -> None:
    assert repr(new_sealer(AES_256_GCM, b"user", b"\xff")) == "Sealer(user/\ufffd)"


def test_keys_are_derived_as_rfc_5869_says() -> None:
    expected = hmac.digest(KEY, b"purpose" + join(b"a", b"bc") + b"\x01", hashlib.sha256)
    assert derive(KEY, b"purpose", b"a", b"bc") == expected
    assert derive(KEY, b"purpose", b"ab", b"c") != expected


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(TamperedError):
        new_cipher(4, KEY)
