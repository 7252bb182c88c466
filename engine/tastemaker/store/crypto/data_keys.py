"""The data keys of a database: made at random, wrapped by the key-encryption key, unwrapped again.

Where they are kept is `store/key_rows.py`; here nothing knows of a database.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.errors import MissingKeyError, TamperedError
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.crypto.sealing import AES_256_GCM, KEY_BYTES, join, new_cipher

DATA, INDEX, MODEL = PURPOSES = ("data", "index", "model")
"""What a key is for: sealed values; the refs of people; models and releases.

Databases made by the first versions also hold one for "export", which nothing ever used.
"""

MODEL_ALGORITHM = AES_256_GCM
"""Several times as fast on large blobs as GCM-SIV (measured when the container was designed; no
script repeats it). Each blob has a key of its own, so the few nonces under one do not collide."""

ACTIVE_STATUS = "active"
"""The status of the key that seals: there is one for each purpose."""

ADDED_STATUS = "added"
"""Of a key that will seal once it is promoted."""

DECRYPT_STATUS = "decrypt"
"""Of a key that sealed before another was promoted, and opens what is still sealed under it."""

RETIRED_STATUS = "retired"
"""Of a key that nothing is sealed under: loaded where keys are changed, and nowhere else."""

DESTROYED_STATUS = "destroyed"
"""Of a key that is gone: its row says that there was one."""

LOADED_STATUSES = (ACTIVE_STATUS, ADDED_STATUS, DECRYPT_STATUS)

_KCV = b"tastemaker/v1/kcv"

_CHANGED = "A key in the database was changed. Restore tastemaker_key from a backup."


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


def new_keys(key: KeySource, algorithm: int) -> list[dict[str, Any]]:
    """A new key for each purpose, wrapped, as rows of the table of keys.

    Raises:
        KeyProblem: this machine cannot do the algorithm.
    """
    new_cipher(algorithm, bytes(KEY_BYTES))  # fails here, if this machine cannot do it
    ids = secrets.SystemRandom().sample(range(1, 2**32), len(PURPOSES))
    algorithms = {purpose: algorithm for purpose in PURPOSES} | {MODEL: MODEL_ALGORITHM}
    return [
        new_key_row(number, purpose, algorithms[purpose], ACTIVE_STATUS, key)
        for number, purpose in zip(ids, PURPOSES, strict=True)
    ]


def new_key_row(
    number: int, purpose: str, algorithm: int, status: str, key: KeySource
) -> dict[str, Any]:
    """A new random key, wrapped, as a row of the table of keys."""
    secret = secrets.token_bytes(KEY_BYTES)
    return {
        "key_id": number,
        "purpose": purpose,
        "algorithm": algorithm,
        "status": status,
        "created": time.time_ns() // 1000,
        "kek_id": key.id,
        "wrapped": key.wrap(secret, _context(number, purpose, algorithm, key.id, status)),
        "kcv": _check_value(secret),
    }


def rewrapped(
    row: Mapping[str, Any], key: KeySource, status: str, new: KeySource | None = None
) -> dict[str, Any]:
    """What changes in a row of the table of keys for another status, or another key around it.

    Args:
        row: as it is.
        key: what it is wrapped by.
        status: the status that it gets.
        new: what wraps it from now on; the same key where not given.

    Raises:
        TamperedError: the row was changed, or what was wrapped does not come back.
    """
    secret, outer = unwrapped_key(row, key).secret, new or key
    context = _context(row["key_id"], row["purpose"], row["algorithm"], outer.id, status)
    changes = {"status": status, "kek_id": outer.id, "wrapped": outer.wrap(secret, context)}
    # A key service may fail in ways of its own: nothing is stored that does not come back.
    unwrapped_key({**row, **changes}, outer)
    return changes


def unwrapped_key(row: Mapping[str, Any], key: KeySource) -> DataKey:
    """The key of a row of the table of keys.

    Raises:
        TamperedError: it was changed, or moved there from another row.
    """
    number, purpose, algorithm = row["key_id"], row["purpose"], row["algorithm"]
    context = _context(number, purpose, algorithm, key.id, row["status"])
    try:
        secret = key.unwrap(row["wrapped"], context)
        sound = hmac.compare_digest(_check_value(secret), row["kcv"])
    except (TamperedError, TypeError):
        raise TamperedError(_CHANGED) from None
    if not sound or len(secret) != KEY_BYTES:
        raise TamperedError(_CHANGED)
    return DataKey(number, purpose, algorithm, row["status"] == ACTIVE_STATUS, secret)


def _context(number: int, purpose: str, algorithm: int, kek_id: str, status: str) -> bytes:
    """What a wrapped key is bound to; its status too, so that none can be made to seal again.

    "active" goes without saying: every key had that status when contexts were laid down.
    """
    # Numbers as text: a changed row may hold one that fits no fixed width, and must fail as such.
    parts = (number, purpose, algorithm, kek_id, *(() if status == ACTIVE_STATUS else (status,)))
    return join(*(str(part).encode() for part in parts))


def _check_value(secret: bytes) -> bytes:
    return hmac.digest(secret, _KCV, "sha256")[:8]
