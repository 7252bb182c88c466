"""Finding users by their refs: by the index key that makes them, and by those that did before.

While the index key is rotated some rows have a ref of the new key, and others still one of a former
key. A row moves from a former ref to the new one and never back; so whoever looks for the former
refs of a user first, and for the new one last or in the same statement, finds the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from tastemaker.errors import NotFoundError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.key_rows import learn_index_keys
from tastemaker.store.sql.statements import batches, fetch, marks
from tastemaker.store.sql.tables import user
from tastemaker.store.users.cells import open_id

KEY_OF_REF = f"SELECT id FROM {user.name} WHERE ref = ?"


def find_users(connection: Connection, refs: Iterable[bytes]) -> dict[bytes, int]:
    """The key of each user that is in the database, by ref."""
    found: dict[bytes, int] = {}
    for batch in batches(refs):
        rows = fetch(
            connection, f"SELECT ref, id FROM {user.name} WHERE ref IN {marks(batch)}", batch
        )
        found.update((bytes(ref), key) for ref, key in rows)
    return found


def find_under_any_key(
    connection: Connection, keyring: Keyring, user_ids: Iterable[str]
) -> dict[str, int]:
    """The key of each user that is in the database, by id, whichever index key made its ref.

    Where there is one index key only, nobody: `find_users` finds all that there are.

    Args:
        connection: in a transaction in which `keep_up` or `learn_index_keys` was called.
        keyring: gives the refs.
        user_ids: the users.
    """
    if len(keyring.ref_keys) == 1:
        return {}
    whose = {ref: user_id for user_id in user_ids for ref in reversed(keyring.refs(user_id))}
    return {whose[ref]: key for ref, key in find_users(connection, whose).items()}


def find_sealed_users(
    connection: Connection, keyring: Keyring, users: Mapping[bytes, bytes]
) -> dict[bytes, int]:
    """The key of each user that is in the database, by the ref given, whichever its row has.

    Args:
        connection: in a transaction in which `keep_up` was called.
        keyring: gives the refs, and opens ids where there are several index keys.
        users: sealed ids by the ref that they are sealed for.
    """
    found = find_users(connection, users)
    if len(keyring.ref_keys) > 1:
        others = {
            open_id(keyring, ref, sealed): ref for ref, sealed in users.items() if ref not in found
        }
        elsewhere = find_under_any_key(connection, keyring, others)
        found.update((others[user_id], key) for user_id, key in elsewhere.items())
    return found


def stored_refs(
    connection: Connection, keyring: Keyring, user_ids: Sequence[str]
) -> Sequence[bytes]:
    """The ref that each user's row has, in turn; of who is not there, the one it would get.

    For readers: of a worker that opened its keys before the index key was rotated, too.
    """
    learn_index_keys(connection, keyring)
    if len(keyring.ref_keys) == 1:
        return [keyring.ref(user_id) for user_id in user_ids]
    refs = [keyring.refs(user_id) for user_id in user_ids]
    there = find_users(connection, (ref for own in refs for ref in own))
    return [next((ref for ref in own if ref in there), own[0]) for own in refs]


def find_row(connection: Connection, keyring: Keyring, user_id: str) -> Row[Any]:
    """The stored row of one user, sealed as it is, for its own ref.

    Raises:
        NotFoundError: there is no such user.
    """
    learn_index_keys(connection, keyring)
    chosen = select(user).where(user.c.ref.in_(keyring.refs(user_id)))
    row = connection.execute(chosen).first()
    if row is None:
        raise NotFoundError("There is no user with this id. Check it letter by letter.")
    return row
