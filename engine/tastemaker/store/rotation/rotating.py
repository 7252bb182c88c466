"""The whole sequence: a new key promoted, everything sealed under it, proven, the old one gone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from tastemaker.errors import KeyProblem
from tastemaker.store.crypto.data_keys import ACTIVE_STATUS, ADDED_STATUS, DECRYPT_STATUS
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.rotation.changes import (
    add_key,
    destroy_key,
    locked_keys,
    promote_key,
    retire_key,
)
from tastemaker.store.rotation.proof import require_unused
from tastemaker.store.rotation.resealing import ALL_KEYS, Reencrypted, ReportProgress, reencrypt
from tastemaker.store.rotation.verifying import Verification, verify
from tastemaker.store.store import Store


class Rotation(NamedTuple):
    """What a rotation did.

    Attributes:
        key_id: the key that seals now.
        reencrypted: how much was sealed anew.
        verification: what opening everything has shown.
        gone: the ids of the keys that were retired, or destroyed.
        complete: whether what was deleted has left SQLite's log too; False while another connection
            is still reading an older state.
    """

    key_id: int
    reencrypted: Reencrypted
    verification: Verification
    gone: tuple[int, ...]
    complete: bool


def rotate(store: Store, purpose: str, destroy: bool, report: ReportProgress) -> Rotation:
    """Moves everything to a new key; goes on with a rotation that was interrupted.

    Args:
        store: the database.
        purpose: of which key: "data", "index" or "model".
        destroy: whether former keys are destroyed in place of being kept, retired.
        report: called with how far it is.

    Raises:
        KeyProblem: something cannot be opened, so that the former keys must stay.
    """
    number = store.write("promoting a key", partial(_begin, key=store.key, purpose=purpose))
    reencrypted = reencrypt(store, report)
    verification = verify(store, report)
    if verification.damaged:
        raise KeyProblem(
            f"{verification.damaged} values cannot be opened, so the former keys stay: "
            f"{verification.problems[0]} `tastemaker keys verify` lists the first of them."
        )
    work = partial(_end, key=store.key, purpose=purpose, destroy=destroy)
    gone = store.write("retiring keys", work)
    complete = not store.database.wipe_traces()
    return Rotation(number, reencrypted, verification, tuple(gone), complete)


def retire(connection: Connection, key: KeySource, number: int) -> None:
    """Retires a key that nothing is sealed under; see `require_unused`."""
    # The proof comes last: without it the transaction, this change and all, is rolled back.
    retire_key(connection, key, number)
    require_unused(connection, open_keyring(connection, key, ALL_KEYS), number)


def destroy(connection: Connection, key: KeySource, number: int) -> None:
    """Destroys a retired key that nothing is sealed under; see `require_unused`."""
    destroy_key(connection, key, number)
    require_unused(connection, open_keyring(connection, key, ALL_KEYS), number)


def _begin(connection: Connection, key: KeySource, purpose: str) -> int:
    """Promotes a new key, unless a former rotation has left one that must go first; its id."""
    numbers = partial(_with_status, connection, key, purpose)
    if added := numbers(ADDED_STATUS):
        return promote_key(connection, key, added[0])
    if numbers(DECRYPT_STATUS):
        return numbers(ACTIVE_STATUS)[0]
    return promote_key(connection, key, add_key(connection, key, purpose))


def _end(connection: Connection, key: KeySource, purpose: str, destroy: bool) -> Sequence[int]:
    former = _with_status(connection, key, purpose, DECRYPT_STATUS)
    for number in former:
        retire(connection, key, number)
        if destroy:
            destroy_key(connection, key, number)
    return former


def _with_status(connection: Connection, key: KeySource, purpose: str, status: str) -> list[int]:
    rows = locked_keys(connection, key)
    return [n for n, row in rows.items() if (row["purpose"], row["status"]) == (purpose, status)]
