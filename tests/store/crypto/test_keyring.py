from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import pickle
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

from tastemaker.errors import (
    InputError,
    TamperedError,
    UnknownKeyError,
)
from tastemaker.store.crypto.data_keys import PURPOSES, DataKey
from tastemaker.store.crypto.keyring import CHUNK_BYTES, Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.crypto.sealing import AES_256_GCM, AES_256_GCM_SIV

TENANT = bytes(range(16))
OTHER_KEY = base64.b64encode(b"another key of thirty-two bytes!").decode()


def new_ring(tenant: bytes = TENANT, first_id: int = 1, secret: bytes = b"k") -> Keyring:
    """A key ring whose every secret is known."""
    keys = [
        DataKey(first_id + n, purpose, AES_256_GCM_SIV, True, secret * 31 + bytes((n,)))
        for n, purpose in enumerate(PURPOSES)
    ]
    return Keyring(tenant, keys)


def lp(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def expand(key: bytes, info: bytes) -> bytes:
    return hmac.digest(key, info + b"\x01", hashlib.sha256)


def test_a_ref_is_the_keyed_hash_that_was_laid_down() -> None:
    index_key = b"k" * 31 + b"\x01"
    derived = expand(index_key, b"tastemaker/v1/idx" + lp(TENANT, b"user", b"user_id", b"ref"))
    expected = hmac.digest(derived, lp(TENANT, b"user", "zoë".encode()), hashlib.sha256)[:16]
    assert new_ring().ref("zoë") == expected
    assert expected.hex() == "06d4ff4b4fa5710625654e6e64fb2208"


def test_refs_are_of_exact_bytes_and_of_one_database() -> None:
    ids = ["zoë", "zoe\u0308", "Zoë", " zoë", "zoë ", "", "0", "00"]
    rings = [new_ring(), new_ring(b"t" * 16), new_ring(secret=b"l")]
    refs = {ring.ref(user_id) for ring in rings for user_id in ids}
    assert len(refs) == len(ids) * len(rings)
    assert {len(ref) for ref in refs} == {16}


def test_an_ill_formed_id_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        new_ring().ref("alice-\ud800")
    assert "alice" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_column_key_is_derived_as_laid_down() -> None:
    ring = new_ring()
    ref = ring.ref("zoë")
    sealed = ring.seal("user", "attributes", ref, {"age": 41})
    column_key = expand(
        b"k" * 31 + b"\x00", b"tastemaker/v1/col" + lp(TENANT, b"user", b"attributes")
    )
    bound = sealed[:8] + lp(b"tastemaker/v1/field", TENANT, b"user", b"attributes", ref)
    plain = AESGCMSIV(column_key).decrypt(sealed[8:20], sealed[20:], bound)
    assert plain == b'j{"age":41}\x80' + bytes(4)


def test_the_swap_matrix_row_by_column_by_table_by_tenant() -> None:
    # The same keys for both tenants: only the binding to the tenant keeps them apart.
    rings = [new_ring(), new_ring(b"t" * 16)]
    cells = list(
        itertools.product(rings, ["user", "item"], ["email", "name"], [b"a" * 16, b"b" * 16])
    )
    sealed = [
        ring.seal(table, column, ref, n) for n, (ring, table, column, ref) in enumerate(cells)
    ]
    for n, m in itertools.product(range(len(cells)), repeat=2):
        ring, table, column, ref = cells[n]
        if n == m:
            assert ring.open(table, column, ref, sealed[m]) == m
        else:
            with pytest.raises(TamperedError):
                ring.open(table, column, ref, sealed[m])


def test_every_flipped_bit_and_every_truncation_is_a_typed_error() -> None:
    ring = new_ring(first_id=77)
    ref = ring.ref("zoë")
    sealed = ring.seal("user", "email", ref, "zoe@example.org")
    ring.open("user", "email", ref, sealed)
    changes = [sealed[:length] for length in range(len(sealed))]
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        changes.append(bytes(changed))
    for change in changes:
        with pytest.raises((TamperedError, UnknownKeyError)):
            ring.open("user", "email", ref, change)


def test_a_value_of_no_possible_length_says_which_cell_it_is_of() -> None:
    ring = new_ring(first_id=77)
    ref = ring.ref("zoë")
    for damaged in (b"", ring.seal("user", "email", ref, "zoe@example.org")[:11]):
        with pytest.raises(TamperedError, match=f"user, email, row {ref[:4].hex()}…") as caught:
            new_ring(first_id=77).open("user", "email", ref, damaged)
        assert "zoe" not in str(caught.value)


def test_a_key_that_is_not_there_or_is_for_something_else_is_unknown() -> None:
    ring = new_ring(first_id=1)
    foreign = new_ring(first_id=1000).seal("user", "email", b"r", "x")
    with pytest.raises(UnknownKeyError, match="1000"):
        ring.open("user", "email", b"r", foreign)
    index_key = foreign[:4] + struct.pack(">I", 2) + foreign[8:]
    with pytest.raises(UnknownKeyError):
        ring.open("user", "email", b"r", index_key)


def test_a_key_that_only_opens_still_opens_and_another_seals() -> None:
    old = DataKey(9, "data", AES_256_GCM, True, b"o" * 32)
    others = [DataKey(n, p, AES_256_GCM_SIV, True, b"k" * 32) for n, p in enumerate(PURPOSES, 1)]
    sealed = Keyring(TENANT, [old, *others[1:]]).seal("user", "email", b"r", "x")
    retired = DataKey(9, "data", AES_256_GCM, False, b"o" * 32)
    ring = Keyring(TENANT, [retired, *others])
    assert ring.open("user", "email", b"r", sealed) == "x"
    assert ring.seal("user", "email", b"r", "x")[4:8] == struct.pack(">I", 1)


def test_a_signature_counts_for_its_label_data_and_database_only() -> None:
    ring = new_ring(first_id=5)
    signature = ring.sign("pointer", b"data")
    ring.verify("pointer", b"data", signature)
    assert len(signature) == 36
    secret = expand(b"k" * 31 + b"\x02", b"tastemaker/v1/sign" + lp(TENANT, b"pointer"))
    assert signature == struct.pack(">I", 7) + hmac.digest(secret, b"data", hashlib.sha256)
    flips = [bytes(b ^ (i == p) for i, b in enumerate(signature)) for p in range(36)]
    wrong: list[tuple[Keyring, str, bytes, bytes]] = [
        (ring, "other", b"data", signature),
        (ring, "pointer", b"Data", signature),
        (new_ring(b"t" * 16, 5), "pointer", b"data", signature),
        (new_ring(first_id=5, secret=b"l"), "pointer", b"data", signature),
        *[(ring, "pointer", b"data", flipped) for flipped in flips],
        *[(ring, "pointer", b"data", signature[:length]) for length in range(36)],
        (ring, "pointer", b"data", signature + b"\x00"),
    ]
    for other, label, data, given in wrong:
        with pytest.raises((TamperedError, UnknownKeyError)):
            other.verify(label, data, given)


@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_a_blob_comes_back_from_its_chunks(length: int) -> None:
    ring = new_ring()
    data = bytes(range(256)) * (length // 256 + 1)
    chunks = ring.seal_blob("model", data[:length])
    assert len(chunks) == max(-(-length // CHUNK_BYTES), 1)
    assert ring.open_blob("model", chunks) == data[:length]


def test_chunks_cannot_be_swapped_left_out_added_or_taken_from_elsewhere() -> None:
    ring = new_ring()
    data = bytes(2 * CHUNK_BYTES + 10)
    one, two, three = ring.seal_blob("model", data)
    other = ring.seal_blob("other model", data)
    again = ring.seal_blob("model", data)
    cell = ring.seal("model", "chunk", b"r", b"x")
    wrong: list[list[Any]] = [
        [],
        [one],
        [one, two],
        [two, three],
        [two, one, three],
        [one, two, two],
        [one, two, three, three],
        [one, two, other[2]],
        other,
        [one, two, cell],
        [cell],
        [one, two, three[:-1]],
        [one, two, b""],
        [one[:-1] + bytes((one[-1] ^ 1,)), two, three],
    ]
    for chunks in wrong:
        with pytest.raises((TamperedError, UnknownKeyError)):
            ring.open_blob("model", chunks)
    # A chunk of another copy of the very same blob fits: it says the same.
    assert ring.open_blob("model", [one, again[1], three]) == data
    with pytest.raises(TamperedError):
        new_ring(b"t" * 16).open_blob("model", [one, two, three])


def test_a_key_ring_shows_no_secret_and_cannot_be_pickled() -> None:
    ring = new_ring()
    assert repr(ring) == str(ring) == "Keyring(tenant=00010203…, keys=3)"
    assert "secret" not in repr(DataKey(1, "data", 2, True, b"secret"))
    with pytest.raises(TypeError):
        pickle.dumps(ring)


def with_new_data_key(*, keep: bool) -> list[DataKey]:
    """The keys of `new_ring` after another data key, 9, was promoted."""
    keys = list(new_ring()._loaded.keys.values())
    former = [replace(key, active=False) for key in keys if key.purpose == "data"]
    others = [key for key in keys if key.purpose != "data"]
    new = DataKey(9, "data", AES_256_GCM_SIV, True, b"n" * 32)
    return [new, *others, *(former if keep else [])]


def test_a_renewed_ring_seals_under_the_new_key_and_opens_what_was_sealed_before() -> None:
    ring = new_ring()
    before = ring.seal("user", "email", b"r", "x")
    for keep in (True, False):
        ring.renew(with_new_data_key(keep=keep))
        assert ring.active_ids()["data"] == 9
        assert ring.seal("user", "email", b"r", "x")[4:8] == struct.pack(">I", 9)
        assert ring.open("user", "email", b"r", before) == "x"


def test_resealing_moves_a_value_to_the_key_that_seals_and_leaves_it_there() -> None:
    ring = new_ring()
    before = ring.seal("user", "email", b"r", {"a": [1, "x"]})
    assert ring.reseal("user", "email", b"r", before) is before
    ring.renew(with_new_data_key(keep=True))
    after = ring.reseal("user", "email", b"r", before)
    assert after[4:8] == struct.pack(">I", 9)
    assert ring.open("user", "email", b"r", after) == {"a": [1, "x"]}
    assert ring.reseal("user", "email", b"r", after) is after
    flipped = SealedBytes(before[:-1] + bytes([before[-1] ^ 1]))
    for ref, cell in ((b"s", before), (b"r", flipped)):
        with pytest.raises(TamperedError):
            ring.reseal("user", "email", ref, cell)


def test_a_value_moves_to_another_row_and_to_the_key_that_seals() -> None:
    ring = new_ring()
    before = ring.seal("user", "email", b"r", {"a": [1, "x"]})
    ring.renew(with_new_data_key(keep=True))
    after = ring.move("user", "email", b"r", before, b"s")
    assert after[4:8] == struct.pack(">I", 9)
    assert ring.open("user", "email", b"s", after) == {"a": [1, "x"]}
    for column, ref, cell in (("email", b"s", before), ("email", b"r", after), ("x", b"r", before)):
        with pytest.raises(TamperedError):
            ring.move("user", column, ref, cell, b"t")


@pytest.mark.parametrize(
    ("algorithm", "domain"),
    [(AES_256_GCM, b"tastemaker/v1/blob"), (AES_256_GCM_SIV, b"tastemaker/v2/blob")],
)
def test_a_blob_is_sealed_as_laid_down(algorithm: int, domain: bytes) -> None:
    keys = [replace(key, algorithm=algorithm) for key in new_ring()._loaded.keys.values()]
    (chunk,) = Keyring(TENANT, keys).seal_blob("model 7", b"data")
    assert chunk[:8] == struct.pack(">BBBBI", 0xFE, 1, AES_256_GCM, 0, 3)
    secret = expand(b"k" * 31 + b"\x02", domain + lp(TENANT, b"model 7"))
    bound = chunk[:8] + lp(domain, TENANT, b"model 7", struct.pack(">II", 0, 1))
    assert AESGCM(secret).decrypt(chunk[8:20], chunk[20:], bound) == b"bdata\x80" + bytes(10)


def test_a_blob_that_the_first_versions_sealed_opens() -> None:
    domain = b"tastemaker/v1/blob"
    secret = expand(b"k" * 31 + b"\x02", domain + lp(TENANT, b"old"))
    start = struct.pack(">BBBBI", 0xFE, 1, AES_256_GCM_SIV, 0, 3)
    bound = start + lp(domain, TENANT, b"old", struct.pack(">II", 0, 1))
    body = AESGCMSIV(secret).encrypt(bytes(12), b"bdata\x80" + bytes(10), bound)
    assert new_ring().open_blob("old", [start + bytes(12) + body]) == b"data"


def test_a_stamp_is_the_keyed_hash_that_was_laid_down() -> None:
    index = expand(
        b"k" * 31 + b"\x01", b"tastemaker/v1/idx" + lp(TENANT, b"user", b"user_id", b"ref")
    )
    secret = expand(index, b"tastemaker/v1/stamp" + lp(b"ledger"))
    (index_key,) = new_ring().ref_keys
    assert index_key.stamper("ledger")(b"line") == hmac.digest(secret, b"line", hashlib.sha256)


def test_keys_whose_ids_end_alike_are_told_apart() -> None:
    index, model = (key for key in new_ring()._loaded.keys.values() if key.purpose != "data")
    ids = (0x01000007, 0x02000007)
    keys = [
        DataKey(n, "data", AES_256_GCM_SIV, True, b"d" * 28 + struct.pack(">I", n)) for n in ids
    ]
    sealed = [
        Keyring(TENANT, [key, index, model]).seal("user", "email", b"r", key.id) for key in keys
    ]
    ring = Keyring(TENANT, [replace(keys[0], active=False), keys[1], index, model])
    assert [ring.open("user", "email", b"r", cell) for cell in sealed] == list(ids)


def test_a_ring_keeps_one_sealer_for_each_column_and_key() -> None:
    ring = new_ring()
    for number in range(30):
        assert ring.open("user", "email", b"r", ring.seal("user", "email", b"r", number)) == number
    assert len(ring._readers) == len(ring._loaded.writers) == 1
    (reader,), (writer,) = ring._readers.values(), ring._loaded.writers.values()
    assert reader is not None
    assert writer is not None
    ring.open("user", "email", b"r", ring.seal("user", "email", b"r", 1))
    assert ring._readers["user", "email", struct.pack(">I", 1)] is reader
    assert ring._loaded.writers["user", "email"] is writer


def test_a_chunk_that_is_no_bytes_is_none() -> None:
    ring = new_ring()
    key = ring._loaded.active["model"]
    sealer = ring._blob_sealer(key, "model 7", AES_256_GCM)
    with pytest.raises(TamperedError) as caught:
        ring.open_blob("model 7", [sealer.seal(struct.pack(">II", 0, 1), "text")])
    assert str(caught.value) == "Chunk 0 of model 7 is not one."


def test_a_ring_knows_what_unwraps_its_keys() -> None:
    key = Key(OTHER_KEY)
    assert Keyring(TENANT, list(new_ring()._loaded.keys.values()), key).source is key
    assert new_ring().source is None


def test_the_errors_of_a_ring_say_what_to_do() -> None:
    ring = new_ring()
    with pytest.raises(TypeError) as pickled:
        pickle.dumps(ring)
    with pytest.raises(InputError) as ill_formed:
        ring.ref("\ud800")
    with pytest.raises(TamperedError) as empty:
        ring.open_blob("model 7", [])
    with pytest.raises(TamperedError) as short:
        ring.reseal("user", "email", b"row 1234", SealedBytes(b"\xfe\x01 too short"))
    assert [str(caught.value) for caught in (pickled, ill_formed, empty, short)] == [
        "A key ring is never pickled. Open the database in the other process.",
        "A user's id is ill-formed text (a lone surrogate). Correct it.",
        "Every chunk of model 7 is gone. Restore it from a backup.",
        "user, email, row 726f7720…: A sealed value has 12 bytes, which none can have: it was "
        "truncated or extended. Restore it from a backup.",
    ]


def counting_ring(reads: list[int]) -> Keyring:
    """A ring that finds key 9 when it reads the keys again, and notes that it did."""

    def reread() -> list[DataKey]:
        reads.append(1)
        time.sleep(0.05)  # so that other threads come to wait for it
        return with_new_data_key(keep=True)

    return Keyring(TENANT, list(new_ring()._loaded.keys.values()), reread=reread)


def test_a_key_that_is_not_known_is_looked_for_once_and_found_by_every_thread() -> None:
    sealing = Keyring(TENANT, with_new_data_key(keep=True))
    sealed = sealing.seal("user", "email", b"r", "x")
    reads: list[int] = []
    ring = counting_ring(reads)
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: ring.open("user", "email", b"r", sealed), range(64)))
    assert opened == ["x"] * 64
    assert len(reads) == 1


def test_a_key_that_is_nowhere_is_looked_for_once_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[int] = []
    ring, now = counting_ring(reads), [100.0]
    monkeypatch.setattr("tastemaker.store.crypto.keyring.time.monotonic", lambda: now[0])
    monkeypatch.setattr("tastemaker.store.crypto.keyring.MOST_MISSING", 2)

    def meet(key_id: int) -> None:
        signature = struct.pack(">I", key_id) + bytes(32)
        with pytest.raises(UnknownKeyError, match=f"model key {key_id}"):
            ring.verify("label", b"data", signature)

    for key_id, expected in ((50, 1), (50, 1), (51, 2), (51, 2), (52, 3), (51, 4)):
        meet(key_id)
        assert len(reads) == expected
    now[0] += 1.5
    meet(51)
    assert len(reads) == 5
