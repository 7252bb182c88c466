from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import logging
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from sqlalchemy import delete, insert, select, text, update

from tastemaker.errors import (
    InputError,
    KeyProblem,
    MissingKeyError,
    TamperedError,
    UnknownKeyError,
    WrongKeyError,
)
from tastemaker.store.crypto.keyring import CHUNK_BYTES, Keyring, create_keyring, open_keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.keyset import PURPOSES, DataKey
from tastemaker.store.crypto.sealing import AES_256_GCM, AES_256_GCM_SIV
from tastemaker.store.sql import tables
from tastemaker.store.sql.database import Database

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


def test_every_flipped_bit_and_every_cut_is_a_typed_error() -> None:
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
    assert repr(ring) == str(ring) == "Keyring(tenant=00010203…, keys=4)"
    assert "secret" not in repr(DataKey(1, "data", 2, True, b"secret"))
    with pytest.raises(TypeError):
        pickle.dumps(ring)


def test_a_new_database_gets_a_name_and_four_keys(database: Database, key: Key) -> None:
    with database.writing() as connection:
        created = create_keyring(connection, key)
        rows = connection.execute(select(tables.key)).mappings().all()
    with database.reading() as connection:
        opened = open_keyring(connection, key)
    sealed = created.seal("user", "email", b"r", "x")
    assert opened.open("user", "email", b"r", sealed) == "x"
    assert opened.tenant == created.tenant
    assert opened.ref("zoë") == created.ref("zoë")
    assert {row["purpose"] for row in rows} == set(PURPOSES)
    assert {row["kek_id"] for row in rows} == {key.id}
    assert all(0 < row["key_id"] < 2**32 for row in rows)
    row = rows[0]
    parts = (row["key_id"], row["purpose"], row["algorithm"], row["kek_id"])
    context = lp(*(str(part).encode() for part in parts))
    secret = AESGCM(bytes(range(32))).decrypt(row["wrapped"][:12], row["wrapped"][12:], context)
    assert row["kcv"] == hmac.digest(secret, b"tastemaker/v1/kcv", hashlib.sha256)[:8]


def test_making_it_again_changes_nothing(database: Database, key: Key) -> None:
    with database.writing() as connection:
        first = create_keyring(connection, key)
        before = everything(connection)
    with database.writing() as connection:
        second = create_keyring(connection, key)
        assert everything(connection) == before
    assert second.open("t", "c", b"r", first.seal("t", "c", b"r", 1)) == 1


def test_two_databases_share_nothing(
    sqlite_database: Database, postgresql_database: Database, key: Key
) -> None:
    rings = []
    for database in (sqlite_database, postgresql_database):
        with database.writing() as connection:
            rings.append(create_keyring(connection, key))
    assert rings[0].ref("zoë") != rings[1].ref("zoë")
    with pytest.raises(UnknownKeyError):
        rings[1].open("t", "c", b"r", rings[0].seal("t", "c", b"r", 1))


def everything(connection: Any) -> list[Any]:
    both = (select(tables.meta).order_by(tables.meta.c.name), select(tables.key))
    return [sorted(map(str, connection.execute(query))) for query in both]


@pytest.mark.parametrize("make", [create_keyring, open_keyring])
def test_a_wrong_key_is_refused_before_anything_is_written(
    database: Database, key: Key, make: Callable[[Any, Key], Keyring]
) -> None:
    with database.writing() as connection:
        create_keyring(connection, key)
        before = everything(connection)
    wrong = Key(OTHER_KEY)
    with database.writing() as connection:
        with pytest.raises(WrongKeyError) as caught:
            make(connection, wrong)
        assert everything(connection) == before
    assert key.id in str(caught.value)
    assert wrong.id in str(caught.value)
    assert OTHER_KEY not in str(caught.value)


@pytest.mark.parametrize("make", [create_keyring, open_keyring])
def test_no_key_is_refused_with_the_remedy(
    database: Database, key: Key, make: Callable[[Any, None], Keyring]
) -> None:
    with database.writing() as connection:
        with pytest.raises(MissingKeyError):
            make(connection, None)
        assert everything(connection) == [[], []]
        create_keyring(connection, key)
    with database.writing() as connection, pytest.raises(MissingKeyError, match="TASTEMAKER_KEY"):
        make(connection, None)


def test_opening_a_database_without_keys_says_what_to_run(database: Database, key: Key) -> None:
    with database.reading() as connection:
        with pytest.raises(MissingKeyError, match="tastemaker init"):
            open_keyring(connection, key)
        assert everything(connection) == [[], []]


def test_lost_keys_are_not_replaced(database: Database, key: Key) -> None:
    with database.writing() as connection:
        ring = create_keyring(connection, key)
        ref = ring.ref("zoë")
        sealed = ring.seal("user", "external_id", ref, "zoë")
        row = {"ref": ref, "external_id": sealed, "created": 0, "updated": 0}
        connection.execute(insert(tables.user), row)
        connection.execute(delete(tables.key))
    with database.writing() as connection:
        with pytest.raises(UnknownKeyError, match="tastemaker_user"):
            create_keyring(connection, key)
        with pytest.raises(MissingKeyError):
            open_keyring(connection, key)
        assert connection.execute(select(tables.key)).all() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"wrapped": bytes(60)},
        {"wrapped": b""},
        {"kcv": bytes(8)},
        {"kcv": b""},
        {"purpose": "datum"},
        {"algorithm": 1},
        {"algorithm": 3},
        {"status": "retired"},
        {"key_id": 12345},
        {"key_id": -1},
    ],
)
def test_a_changed_key_is_noticed(database: Database, key: Key, changes: dict[str, Any]) -> None:
    with database.writing() as connection:
        create_keyring(connection, key)
        changed = update(tables.key).where(tables.key.c.purpose == "data").values(**changes)
        connection.execute(changed)
    with database.writing() as connection:
        before = everything(connection)
        for make in (open_keyring, create_keyring):
            with pytest.raises(TamperedError, match="Restore"):
                make(connection, key)
        assert everything(connection) == before


def test_keys_cannot_change_places(database: Database, key: Key) -> None:
    with database.writing() as connection:
        create_keyring(connection, key)
        rows = {row.purpose: row for row in connection.execute(select(tables.key))}
        for purpose, other in (("data", "model"), ("model", "data")):
            moved = {"wrapped": rows[other].wrapped, "kcv": rows[other].kcv}
            statement = update(tables.key).where(tables.key.c.purpose == purpose)
            connection.execute(statement.values(**moved))
        with pytest.raises(TamperedError):
            open_keyring(connection, key)


@pytest.mark.parametrize("tenant", ["", "zz" * 16, "00" * 15, "00" * 17])
def test_a_changed_tenant_is_noticed(database: Database, key: Key, tenant: str) -> None:
    with database.writing() as connection:
        create_keyring(connection, key)
        connection.execute(
            update(tables.meta).where(tables.meta.c.name == "tenant").values(value=tenant)
        )
        with pytest.raises(TamperedError, match="tenant"):
            open_keyring(connection, key)


@pytest.mark.parametrize("column", ["wrapped", "kcv", "algorithm", "kek_id", "purpose"])
@pytest.mark.parametrize("value", ["'text'", "7", "x'00ff'"])
def test_whatever_sqlite_holds_is_a_typed_error(
    sqlite_database: Database, key: Key, column: str, value: str
) -> None:
    with sqlite_database.writing() as connection:
        create_keyring(connection, key)
        connection.execute(
            text(f"update tastemaker_key set {column} = {value} where purpose = 'data'")
        )
        with pytest.raises(KeyProblem):
            open_keyring(connection, key)


def test_an_algorithm_may_be_chosen_for_new_keys(database: Database, key: Key) -> None:
    with database.writing() as connection:
        ring = create_keyring(connection, key, AES_256_GCM)
        again = create_keyring(connection, key)
    for each in (ring, again):
        assert each.seal("t", "c", b"r", 1)[2] == AES_256_GCM


def test_no_key_is_in_the_log(
    database: Database, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with database.writing() as connection:
        ring = create_keyring(connection, key)
        rows = connection.execute(select(tables.key)).all()
    for row in rows:
        parts = (row.key_id, row.purpose, row.algorithm, row.kek_id)
        secret = key.unwrap(row.wrapped, lp(*(str(part).encode() for part in parts)))
        for shown in (secret.hex(), base64.b64encode(secret).decode(), repr(secret)):
            assert shown not in caplog.text
            assert shown not in repr(vars(ring))


STARTERS = """
import multiprocessing, sys
from tastemaker.store.sql.database import Database
from tastemaker.store.crypto.keyring import create_keyring
from tastemaker.store.crypto.keys import Key

def start(barrier, results):
    barrier.wait()
    with Database(sys.argv[1]) as database, database.writing() as connection:
        ring = create_keyring(connection, Key(sys.argv[2]))
    results.put((ring.ref("x") + bytes(ring.seal("t", "c", b"r", 1)[4:8])).hex())

fork = multiprocessing.get_context("fork")
barrier, results = fork.Barrier(16), fork.Queue()
processes = [fork.Process(target=start, args=(barrier, results)) for _ in range(16)]
for process in processes: process.start()
print(*[results.get(timeout=60) for _ in processes])
for process in processes: process.join()
"""


def test_sixteen_processes_that_start_at_once_get_the_same_keys(database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", STARTERS, url, OTHER_KEY],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split()
    assert len(answers) == 16
    assert len(set(answers)) == 1
    with database.reading() as connection:
        assert len(connection.execute(select(tables.key)).all()) == 4


def test_the_key_itself_is_not_in_the_database_file(tmp_path: Path, key: Key) -> None:
    file = tmp_path / "plain.db"
    with Database(f"sqlite:///{file}") as database:
        tables.metadata.create_all(database.engine)
        with database.writing() as connection:
            create_keyring(connection, key)
    everywhere = b"".join(part.read_bytes() for part in tmp_path.iterdir())
    raw = bytes(range(32))
    for form in (raw, raw.hex().encode(), base64.b64encode(raw)):
        assert form not in everywhere
