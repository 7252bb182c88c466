"""The whole sequence: a new key promoted, everything sealed under it, proven, the old one gone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from tastemaker.errors import KeyProblem
from tastemaker.store.crypto.data_keys import ADDED_STATUS, DATA, DECRYPT_STATUS
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
        reencrypted: the key that seals now, and how many values were sealed anew.
        verification: what opening everything has shown.
        gone: the ids of the keys that were retired, or destroyed.
    """

    reencrypted: Reencrypted
    verification: Verification
    gone: tuple[int, ...]


def rotate(store: Store, destroy: bool, report: ReportProgress) -> Rotation:
    """Moves everything of users to a new data key; goes on with a rotation that was interrupted.

    Args:
        store: the database.
        destroy: whether former keys are destroyed in place of being kept, retired.
        report: called with how far it is.

    Raises:
        KeyProblem: something cannot be opened, so that the former keys must stay.
    """
    store.write("promoting a key", partial(_begin, key=store.key))
    reencrypted = reencrypt(store, report)
    verification = verify(store, report)
    if verification.damaged:
        raise KeyProblem(
            f"{verification.damaged} values cannot be opened, so the former keys stay: "
            f"{verification.problems[0]} `tastemaker keys verify` lists the first of them."
        )
    work = partial(_end, key=store.key, destroy=destroy)
    gone = store.write("retiring keys", work)
    store.database.wipe_traces()
    return Rotation(reencrypted, verification, tuple(gone))


def retire(connection: Connection, key: KeySource, number: int) -> None:
    """Retires a key that nothing is sealed under; see `require_unused`."""
    # The proof comes last: without it the transaction, this change and all, is rolled back.
    retire_key(connection, key, number)
    require_unused(connection, open_keyring(connection, key, ALL_KEYS), number)


def destroy(connection: Connection, key: KeySource, number: int) -> None:
    """Destroys a retired key that nothing is sealed under; see `require_unused`."""
    destroy_key(connection, key, number)
    require_unused(connection, open_keyring(connection, key, ALL_KEYS), number)


def _begin(connection: Connection, key: KeySource) -> None:
    """Promotes a new key; but not where a former rotation has left one that must go first."""
    if _with_status(connection, key, ADDED_STATUS):
        promote_key(connection, key)
    elif not _with_status(connection, key, DECRYPT_STATUS):
        promote_key(connection, key, add_key(connection, key))


def _end(connection: Connection, key: KeySource, destroy: bool) -> Sequence[int]:
    former = _with_status(connection, key, DECRYPT_STATUS)
    for number in former:
        retire(connection, key, number)
        if destroy:
            destroy_key(connection, key, number)
    return former


def _with_status(connection: Connection, key: KeySource, status: str) -> list[int]:
    rows = locked_keys(connection, key)
    return [n for n, row in rows.items() if (row["purpose"], row["status"]) == (DATA, status)]
