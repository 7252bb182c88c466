"""Finding users by their refs: by the index key that makes them, and by those that did before.

While the index key is rotated some rows have a ref of the new key, and others still one of a former
key; see `RefKeys`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from tastemaker.errors import NotFoundError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.ref_key import RefKeys
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
    connection: Connection, makers: RefKeys, user_ids: Iterable[str]
) -> dict[str, int]:
    """The key of each user that is in the database, by id, whichever index key made its ref.

    Args:
        connection: in the transaction that the refs are for.
        makers: of the refs.
        user_ids: the users.
    """
    whose = {ref: user_id for user_id in user_ids for ref in makers.refs(user_id)}
    return {whose[ref]: key for ref, key in find_users(connection, whose).items()}


def find_sealed_users(
    connection: Connection, keyring: Keyring, makers: RefKeys, users: Mapping[bytes, bytes]
) -> dict[bytes, int]:
    """The key of each user that is in the database, by the ref given, whichever its row has.

    Args:
        connection: in the transaction that the refs are for.
        keyring: opens ids where there are former refs.
        makers: of the refs.
        users: sealed ids by the ref that they are sealed for.
    """
    found = find_users(connection, users)
    if makers.former:
        others = {
            open_id(keyring, ref, sealed): ref for ref, sealed in users.items() if ref not in found
        }
        elsewhere = find_under_any_key(connection, makers, others)
        found.update((others[user_id], key) for user_id, key in elsewhere.items())
    return found


def stored_refs(
    connection: Connection, makers: RefKeys, user_ids: Sequence[str]
) -> Sequence[bytes]:
    """The ref that each user's row has, in turn; of who is not there, the one it would get.

    Args:
        connection: in a transaction.
        makers: of the refs that rows have in it; for readers see `learn_index_keys`.
        user_ids: the users.
    """
    if not makers.former:
        return [makers.new.ref(user_id) for user_id in user_ids]
    refs = [makers.refs(user_id) for user_id in user_ids]
    there = find_users(connection, (ref for own in refs for ref in own))
    return [next((ref for ref in own if ref in there), own[-1]) for own in refs]


def find_row(connection: Connection, keyring: Keyring, user_id: str) -> Row[Any]:
    """The stored row of one user, sealed as it is, for its own ref.

    Raises:
        NotFoundError: there is no such user.
    """
    makers = learn_index_keys(connection, keyring)
    chosen = select(user).where(user.c.ref.in_(makers.refs(user_id)))
    row = connection.execute(chosen).first()
    if row is None:
        raise NotFoundError("There is no user with this id. Check it letter by letter.")
    return row
