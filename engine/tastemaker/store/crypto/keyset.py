"""The data keys of a database: made at random, kept in it wrapped by the key-encryption key."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, exists, select

from tastemaker.errors import MissingKeyError, TamperedError, UnknownKeyError, WrongKeyError
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.crypto.sealed_column import SealedColumn
from tastemaker.store.crypto.sealing import AES_256_GCM, KEY_BYTES, join, new_cipher
from tastemaker.store.sql import tables
from tastemaker.store.sql.statements import insert

DATA, INDEX, MODEL, EXPORT = PURPOSES = ("data", "index", "model", "export")
"""What a key is for: sealed values; names of people; models and releases; exported archives."""

MODEL_ALGORITHM = AES_256_GCM
"""Several times as fast on large blobs as GCM-SIV; each blob has a key of its own, so the few
nonces under one do not collide."""

ACTIVE = "active"
"""The key that seals. One with status "decrypt" only opens; with any other it is not loaded."""

TENANT = "tenant"
TENANT_BYTES = 16

_LOADED = (ACTIVE, "decrypt")
_KCV = b"tastemaker/v1/kcv"


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key as it is used: unwrapped, in memory only.

    Attributes:
        id: the public number by which sealed values name it, from 1 to 2**32 - 1.
        purpose: one of PURPOSES.
        algorithm: the number of the sealing algorithm that every process uses with it.
        active: whether it seals, or only opens.
        secret: 32 bytes.
    """

    id: int
    purpose: str
    algorithm: int
    active: bool
    secret: bytes = field(repr=False)


def given_key(key: KeySource | None) -> KeySource:
    """The key, if there is one.

    Raises:
        MissingKeyError: no key was given.
    """
    if key is None:
        raise MissingKeyError(
            "This database is sealed and no key was given. Set TASTEMAKER_KEY to the key, "
            "TASTEMAKER_KEY_FILE to its file or TASTEMAKER_KEY_COMMAND to a command that "
            "prints it."
        )
    return key


def claim_tenant(connection: Connection) -> None:
    """Makes the database's own 16 random bytes if it has none, and holds on to them.

    Until the caller's transaction ends, nobody else gets past this line; so of many processes
    that start on a new database, one makes the keys and the others find them.
    """
    fresh = {"name": TENANT, "value": secrets.token_hex(TENANT_BYTES)}
    statement = insert(connection, tables.meta).values(fresh)
    connection.execute(statement.on_conflict_do_nothing())
    row = select(tables.meta.c.value).where(tables.meta.c.name == TENANT)
    connection.execute(row.with_for_update())


def read_tenant(connection: Connection) -> bytes:
    """The database's own 16 random bytes.

    Raises:
        MissingKeyError: it has none yet.
        TamperedError: they were changed.
    """
    row = select(tables.meta.c.value).where(tables.meta.c.name == TENANT)
    text = connection.execute(row).scalar_one_or_none()
    if text is None:
        raise MissingKeyError("This database has no keys yet. Run `tastemaker init`.")
    try:
        tenant = bytes.fromhex(text)
    except (ValueError, TypeError):
        tenant = b""
    if len(tenant) != TENANT_BYTES:
        raise TamperedError("The database's own name (tenant) was changed. Restore a backup.")
    return tenant


def has_keys(connection: Connection) -> bool:
    """Whether the database holds keys, usable or not."""
    return bool(connection.execute(select(exists(select(tables.key)))).scalar_one())


def write_keys(connection: Connection, key: KeySource | None, algorithm: int) -> None:
    """Makes a key for each purpose and stores them wrapped by `key`.

    Raises:
        MissingKeyError: no key was given.
        UnknownKeyError: the database holds sealed values, so its own keys must be found again.
    """
    given = given_key(key)
    _refuse_second_set(connection)
    new_cipher(algorithm, bytes(KEY_BYTES))  # fails here, if this machine cannot do it
    ids = secrets.SystemRandom().sample(range(1, 2**32), len(PURPOSES))
    rows = [
        _new_row(number, purpose, MODEL_ALGORITHM if purpose == MODEL else algorithm, given)
        for number, purpose in zip(ids, PURPOSES, strict=True)
    ]
    connection.execute(tables.key.insert(), rows)


def read_keys(connection: Connection, key: KeySource | None) -> list[DataKey]:
    """The keys of the database, unwrapped by `key`.

    Raises:
        MissingKeyError: no key was given, or the database has none.
        WrongKeyError: the database's keys were wrapped by another one.
        TamperedError: a key was changed, or there is none for some purpose.
    """
    query = select(tables.key).where(tables.key.c.status.in_(_LOADED))
    rows = connection.execute(query).mappings().all()
    if not rows:
        raise MissingKeyError("This database has no keys yet. Run `tastemaker init`.")
    given = given_key(key)
    for row in rows:
        if row["kek_id"] != given.id:
            raise WrongKeyError(
                f"This database was sealed under key {row['kek_id']}, and key {given.id} was "
                "given. Give the one it was made with; nothing was changed."
            )
    keys = [_unwrapped(row, given) for row in rows]
    active = sorted(each.purpose for each in keys if each.active)
    if active != sorted(PURPOSES):
        raise TamperedError(
            "The database must hold exactly one active key for each of "
            f"{', '.join(PURPOSES)}; it holds {', '.join(active) or 'none'}. Restore a backup."
        )
    return keys


_CHANGED = "A key in the database was changed. Restore tastemaker_key from a backup."


def _refuse_second_set(connection: Connection) -> None:
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, SealedColumn):
                continue
            sealed = exists().select_from(table).where(column.is_not(None))
            if connection.execute(select(sealed)).scalar_one():
                raise UnknownKeyError(
                    f"{table.name} holds sealed values, but the keys that sealed them are gone. "
                    "Restore tastemaker_key from a backup; new keys could not open them."
                )


def _new_row(number: int, purpose: str, algorithm: int, key: KeySource) -> dict[str, Any]:
    secret = secrets.token_bytes(KEY_BYTES)
    return {
        "key_id": number,
        "purpose": purpose,
        "algorithm": algorithm,
        "status": ACTIVE,
        "created": time.time_ns() // 1000,
        "kek_id": key.id,
        "wrapped": key.wrap(secret, _context(number, purpose, algorithm, key.id)),
        "kcv": _check_value(secret),
    }


def _unwrapped(row: RowMapping, key: KeySource) -> DataKey:
    number, purpose, algorithm = row["key_id"], row["purpose"], row["algorithm"]
    try:
        secret = key.unwrap(row["wrapped"], _context(number, purpose, algorithm, key.id))
        sound = hmac.compare_digest(_check_value(secret), row["kcv"])
    except (TamperedError, TypeError):
        raise TamperedError(_CHANGED) from None
    if not sound or len(secret) != KEY_BYTES:
        raise TamperedError(_CHANGED)
    return DataKey(number, purpose, algorithm, row["status"] == ACTIVE, secret)


def _context(number: int, purpose: str, algorithm: int, kek_id: str) -> bytes:
    # Numbers as text: a changed row may hold one that fits no fixed width, and must fail as such.
    return join(*(str(part).encode() for part in (number, purpose, algorithm, kek_id)))


def _check_value(secret: bytes) -> bytes:
    return hmac.digest(secret, _KCV, "sha256")[:8]
