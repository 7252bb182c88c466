from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, insert, select, text, update

from tastemaker.errors import (
    KeyProblem,
    MissingKeyError,
    TamperedError,
    UnknownKeyError,
    WrongKeyError,
)
from tastemaker.store.crypto.data_keys import PURPOSES, new_keys
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealing import AES_256_GCM, AES_256_GCM_SIV
from tastemaker.store.key_rows import create_keyring, open_keyring
from tastemaker.store.sql import tables
from tastemaker.store.sql.database import Database

OTHER_KEY = base64.b64encode(b"another key of thirty-two bytes!").decode()


def lp(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def test_a_new_database_gets_a_tenant_and_a_key_for_each_purpose(
    database: Database, key: Key
) -> None:
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


def test_a_database_with_the_unused_export_key_of_the_first_versions_opens(
    database: Database, key: Key
) -> None:
    with database.writing() as connection:
        ring = create_keyring(connection, key)
        row = new_keys(key, AES_256_GCM_SIV)[0]
        connection.execute(insert(tables.key), {**row, "purpose": "export"})
        before = everything(connection)
        again = create_keyring(connection, key)
        assert everything(connection) == before
    assert again.open("t", "c", b"r", ring.seal("t", "c", b"r", 1)) == 1
    assert again.ref("zoë") == ring.ref("zoë")


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
from tastemaker.store.key_rows import create_keyring
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
        assert len(connection.execute(select(tables.key)).all()) == len(PURPOSES)


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
