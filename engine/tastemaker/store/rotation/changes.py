"""The steps of a key's life, each in one transaction: added, promoted, retired, destroyed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from tastemaker.errors import (
    InputError,
    KeyProblem,
    MissingKeyError,
    NotFoundError,
    TamperedError,
)
from tastemaker.store.crypto.data_keys import (
    ACTIVE_STATUS,
    ADDED_STATUS,
    DATA,
    DECRYPT_STATUS,
    DESTROYED_STATUS,
    PURPOSES,
    RETIRED_STATUS,
    new_key_row,
    rewrapped,
)
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.key_rows import NO_KEYS, refuse_other_key
from tastemaker.store.sql.tables import key as key_table

KeyRow = Mapping[str, Any]


def add_key(connection: Connection, key: KeySource, purpose: str = DATA) -> int:
    """Makes a key that only opens until it is promoted; its id.

    Raises:
        InputError: there is no such purpose.
        KeyProblem: one was added already and is not promoted yet.
    """
    if purpose not in PURPOSES:
        known = ", ".join(PURPOSES)
        raise InputError(f"No {purpose} key can be added: there is no such purpose among {known}.")
    rows = locked_keys(connection, key)
    for row in rows.values():
        if row["purpose"] == purpose and row["status"] == ADDED_STATUS:
            raise KeyProblem(
                f"Key {row['key_id']} was added for {purpose} and not promoted yet. Promote it "
                "first: `tastemaker keys promote`."
            )
    number = next(n for n in iter(lambda: secrets.randbelow(2**32 - 1) + 1, 0) if n not in rows)
    algorithm = _active(rows, purpose)["algorithm"]
    row = new_key_row(number, purpose, algorithm, ADDED_STATUS, key)
    connection.execute(insert(key_table).values(row))
    return number


def promote_key(connection: Connection, key: KeySource, number: int | None = None) -> int:
    """Makes a key the one that seals; the one that did only opens from now on.

    It waits for transactions that are sealing, and no later one seals under the former key.

    Args:
        connection: in a writing transaction.
        key: what the keys are wrapped by.
        number: which; the one that was added where not given.

    Returns:
        Its id.

    Raises:
        NotFoundError: there is no such key, or none was added.
        KeyProblem: it is retired or destroyed, or several were added.
    """
    rows = locked_keys(connection, key)
    chosen = _added(rows) if number is None else _named(rows, number)
    _require_status(chosen, ACTIVE_STATUS, ADDED_STATUS, DECRYPT_STATUS)
    former = _active(rows, chosen["purpose"])
    if former["key_id"] != chosen["key_id"]:
        _change(connection, former, rewrapped(former, key, DECRYPT_STATUS))
        _change(connection, chosen, rewrapped(chosen, key, ACTIVE_STATUS))
    return int(chosen["key_id"])


def retire_key(connection: Connection, key: KeySource, number: int) -> None:
    """Has a key loaded no more; it is kept, wrapped. Nothing may be sealed under it.

    An index key is loaded still: the ledger of erasures goes by it.
    """
    row = _named(locked_keys(connection, key), number)
    _require_status(row, ADDED_STATUS, DECRYPT_STATUS)
    _change(connection, row, rewrapped(row, key, RETIRED_STATUS))


def destroy_key(connection: Connection, key: KeySource, number: int) -> None:
    """Deletes a retired key for good; its row says that there was one."""
    row = _named(locked_keys(connection, key), number)
    _require_status(row, RETIRED_STATUS)
    _change(connection, row, {"status": DESTROYED_STATUS, "wrapped": b"", "kcv": b""})


def rewrap_keys(connection: Connection, key: KeySource, new: KeySource) -> int:
    """Wraps every key by another master key, all or none; how many.

    Raises:
        WrongKeyError: they are not wrapped by the one given as the old.
        KeyProblem: old and new are the same.
    """
    if key.id == new.id:
        raise KeyProblem(f"The new master key is the old one ({key.id}). Give another one.")
    rows = locked_keys(connection, key).values()
    kept = [row for row in rows if row["status"] != DESTROYED_STATUS]
    for row in kept:
        _change(connection, row, rewrapped(row, key, row["status"], new))
    return len(kept)


def locked_keys(connection: Connection, key: KeySource) -> dict[int, KeyRow]:
    """The rows of all keys, by id, which nobody else can change in this transaction.

    Raises:
        MissingKeyError: there are none yet.
        WrongKeyError: they are wrapped by another key.
    """
    chosen = select(key_table).order_by(key_table.c.key_id).with_for_update()
    rows = [dict(row) for row in connection.execute(chosen).mappings()]
    if not rows:
        raise MissingKeyError(NO_KEYS)
    refuse_other_key([row for row in rows if row["status"] != DESTROYED_STATUS], key)
    return {row["key_id"]: row for row in rows}


def _added(rows: Mapping[int, KeyRow]) -> KeyRow:
    added = [row for row in rows.values() if row["status"] == ADDED_STATUS]
    if not added:
        raise NotFoundError("No key waits to be promoted. Add one: `tastemaker keys add`.")
    if len(added) > 1:
        named = ", ".join(str(row["key_id"]) for row in added)
        raise KeyProblem(f"Several keys were added: {named}. Name the one to promote.")
    return added[0]


def _named(rows: Mapping[int, KeyRow], number: int) -> KeyRow:
    if number not in rows:
        raise NotFoundError(f"There is no key {number}. `tastemaker keys status` lists them.")
    return rows[number]


def _active(rows: Mapping[int, KeyRow], purpose: str) -> KeyRow:
    for row in rows.values():
        if (row["purpose"], row["status"]) == (purpose, ACTIVE_STATUS):
            return row
    raise TamperedError(f"No {purpose} key is active. Restore tastemaker_key from a backup.")


def _require_status(row: KeyRow, *allowed: str) -> None:
    if row["status"] not in allowed:
        raise KeyProblem(
            f"Key {row['key_id']} is {row['status']}; it must be {' or '.join(allowed)} for that. "
            "The order is add, promote, reencrypt, verify, retire, destroy."
        )


def _change(connection: Connection, row: KeyRow, values: Mapping[str, Any]) -> None:
    changed = update(key_table).where(key_table.c.key_id == row["key_id"])
    connection.execute(changed.values(**values))
