"""The rows of the user table: made, replaced, found by their ref, and read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, select

from tastemaker.errors import CollisionError, NotFoundError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import SealedBytes, SealedColumn
from tastemaker.store.key_rows import keep_up
from tastemaker.store.sql.parameter_marks import marked
from tastemaker.store.sql.statements import BATCH_ROWS, Written, batches, fetch, insert, marks
from tastemaker.store.sql.tables import user
from tastemaker.store.users.cells import (
    open_attributes,
    open_id,
    reseal_attributes,
    reseal_id,
    seal_attributes,
    seal_id,
)
from tastemaker.validation import UserRow, now_us

ADD = (
    f"INSERT INTO {user.name} (ref, external_id, created, updated) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
KEY_OF_REF = f"SELECT id FROM {user.name} WHERE ref = ?"

ROWS_AT_A_TIME = 1000
"""Rows that an iteration over all users holds; chosen, not measured."""


FORGOTTEN = "A user was forgotten meanwhile; do it again."


class SealedUser(NamedTuple):
    """A user as the table has it."""

    ref: bytes
    external_id: SealedBytes
    attributes: SealedBytes


def put_users(connection: Connection, keyring: Keyring, rows: Iterable[UserRow]) -> Written:
    """Writes users; one that is there already gets the new attributes in place of the old."""
    return put_sealed_users(connection, keyring, (seal_user(keyring, row) for row in rows))


def seal_user(keyring: Keyring, row: UserRow) -> SealedUser:
    """A user, sealed."""
    ref = keyring.ref(row.user_id)
    sealed_id = seal_id(keyring, ref, row.user_id)
    return SealedUser(ref, sealed_id, seal_attributes(keyring, ref, row.attributes))


def reseal_user(keyring: Keyring, row: SealedUser) -> SealedUser:
    """A sealed user under the key that seals now."""
    external_id = reseal_id(keyring, row.ref, row.external_id)
    return SealedUser(row.ref, external_id, reseal_attributes(keyring, row.ref, row.attributes))


def put_sealed_users(
    connection: Connection, keyring: Keyring, rows: Iterable[SealedUser]
) -> Written:
    """As `put_users`, of users who are sealed already, be it under a key that no longer seals.

    PostgreSQL: given by ascending ref, no two writers wait for each other in a ring.
    """
    keep_up(connection, keyring)
    written = Written(0, 0)
    for batch in batches(rows):
        newest = {row.ref: reseal_user(keyring, row) for row in batch}
        known = find_users(connection, newest).keys()
        statement = insert(connection, user)
        changed = {name: statement.excluded[name] for name in ("attributes", "updated")}
        now = now_us()
        connection.execute(
            statement.on_conflict_do_update(index_elements=["ref"], set_=changed),
            [{**newest[ref]._asdict(), "created": now, "updated": now} for ref in sorted(newest)],
        )
        repeated = len(batch) - len(newest)
        written = written.plus(Written(len(newest) - len(known), len(known) + repeated))
    return written


def ensure_users(
    connection: Connection, keyring: Keyring, user_ids: Collection[str]
) -> dict[str, int]:
    """The key of each user; those that are new are made, without attributes.

    Raises:
        CollisionError: one was forgotten meanwhile.
    """
    refs = {user_id: keyring.ref(user_id) for user_id in user_ids}
    found = find_users(connection, refs.values())
    missing = [
        (ref, seal_id(keyring, ref, user_id)) for user_id, ref in refs.items() if ref not in found
    ]
    if missing:
        add_users(connection, keyring, missing)
        found.update(find_users(connection, (ref for ref, _ in missing)))
    if not found.keys() >= set(refs.values()):
        raise CollisionError("writing users", "Conflict", FORGOTTEN)
    return {user_id: found[ref] for user_id, ref in refs.items()}


def add_users(
    connection: Connection, keyring: Keyring, users: Iterable[tuple[bytes, SealedBytes]]
) -> None:
    """Makes users without attributes where they are missing.

    Args:
        connection: in a writing transaction.
        keyring: seals anew what was sealed under a key that no longer seals.
        users: the ref and the sealed id of each.

    Raises:
        PlaintextRefusedError: an id is not sealed.
    """
    keep_up(connection, keyring)
    now = now_us()
    refuse_plain = SealedColumn().process_bind_param
    statement = marked(connection, ADD)
    # Sorted, so that two writers that make the same users never wait for each other in a ring.
    for batch in batches(sorted(users), 10 * BATCH_ROWS):
        for _, sealed in batch:
            refuse_plain(sealed, connection.dialect)
        rows = [(ref, reseal_id(keyring, ref, sealed), now, now) for ref, sealed in batch]
        connection.exec_driver_sql(statement, rows)


def find_users(connection: Connection, refs: Iterable[bytes]) -> dict[bytes, int]:
    """The key of each user that is in the database, by ref."""
    found: dict[bytes, int] = {}
    for batch in batches(refs):
        rows = fetch(
            connection, f"SELECT ref, id FROM {user.name} WHERE ref IN {marks(batch)}", batch
        )
        found.update((bytes(ref), key) for ref, key in rows)
    return found


def stored_row(connection: Connection, ref: bytes) -> Row[Any]:
    """The stored row of one user, sealed as it is.

    Raises:
        NotFoundError: there is no such user.
    """
    row = connection.execute(select(user).where(user.c.ref == ref)).first()
    if row is None:
        raise NotFoundError("There is no user with this id. Check it letter by letter.")
    return row


def iterate_stored_rows(connection: Connection) -> Iterator[Row[Any, Any, Any, Any]]:
    """The key, ref, sealed id and sealed attributes of every user; holds few at a time."""
    columns = (user.c.id, user.c.ref, user.c.external_id, user.c.attributes)
    last = 0
    while rows := connection.execute(_page(columns, last)).all():
        yield from rows
        last = rows[-1].id


def _page(columns: Sequence[Any], last: int) -> Select[Any]:
    """Some columns of the users that follow the one with a key."""
    return select(*columns).where(user.c.id > last).order_by(user.c.id).limit(ROWS_AT_A_TIME)


def iterate_users(connection: Connection, keyring: Keyring) -> Iterator[UserRow]:
    """All users in clear, for an export; opens few of them at a time."""
    for row in iterate_stored_rows(connection):
        ref = bytes(row.ref)
        user_id = open_id(keyring, ref, row.external_id)
        yield UserRow(user_id, open_attributes(keyring, ref, row.attributes))


def iterate_refs(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """The key and ref of every user, by key; holds few of them at a time."""
    for row in iterate_stored_rows(connection):
        yield row.id, bytes(row.ref)


def iterate_keys(connection: Connection) -> Iterator[int]:
    """The key of every user, ascending; holds few of them at a time."""
    for row in iterate_stored_rows(connection):
        yield row.id


def read_user_page(connection: Connection, keyring: Keyring, last: int) -> dict[int, str]:
    """The ids, in clear, of the users that follow the one with a key, by key; none at the end."""
    columns = (user.c.id, user.c.ref, user.c.external_id)
    rows = connection.execute(_page(columns, last))
    return {key: open_id(keyring, bytes(ref), sealed) for key, ref, sealed in rows}


def read_user_ids(connection: Connection, keyring: Keyring, keys: Sequence[int]) -> dict[int, str]:
    """The ids, in clear, of the users with those keys."""
    found: dict[int, str] = {}
    for batch in batches(keys):
        chosen = select(user.c.id, user.c.ref, user.c.external_id).where(user.c.id.in_(batch))
        for key, ref, sealed in connection.execute(chosen):
            found[key] = open_id(keyring, bytes(ref), sealed)
    return found
