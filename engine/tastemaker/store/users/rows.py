"""The rows of the user table: made, replaced, found by their ref, and read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from tastemaker.errors import CollisionError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.ref_key import RefKey
from tastemaker.store.crypto.sealed_column import SealedBytes, SealedColumn
from tastemaker.store.key_rows import keep_up
from tastemaker.store.sql.parameter_marks import marked
from tastemaker.store.sql.statements import BATCH_ROWS, Written, batches, insert
from tastemaker.store.sql.tables import user
from tastemaker.store.users.cells import (
    open_attributes,
    open_id,
    reseal_attributes,
    reseal_id,
    seal_attributes,
    seal_id,
)
from tastemaker.store.users.finding import find_sealed_users, find_under_any_key, find_users
from tastemaker.validation import UserRow, now_us

ADD = (
    f"INSERT INTO {user.name} (ref, external_id, created, updated) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)

ROWS_AT_A_TIME = 1000
"""Rows that an iteration over all users holds; chosen, not measured."""


FORGOTTEN = "A user was forgotten meanwhile; do it again."


class SealedUser(NamedTuple):
    """A user as the table has it, and the number of the index key that made the ref."""

    ref: bytes
    external_id: SealedBytes
    attributes: SealedBytes
    index_key: int


def put_users(connection: Connection, keyring: Keyring, rows: Iterable[UserRow]) -> Written:
    """Writes users; one that is there already gets the new attributes in place of the old."""
    maker = keep_up(connection, keyring).new
    return put_sealed_users(connection, keyring, (seal_user(keyring, maker, row) for row in rows))


def seal_user(keyring: Keyring, maker: RefKey, row: UserRow) -> SealedUser:
    """A user, sealed, with a ref of that index key."""
    ref = maker.ref(row.user_id)
    attributes = seal_attributes(keyring, ref, row.attributes)
    return SealedUser(ref, seal_id(keyring, ref, row.user_id), attributes, maker.key_id)


def reseal_user(keyring: Keyring, maker: RefKey, row: SealedUser) -> SealedUser:
    """A sealed user under the keys that seal and make refs now."""
    if row.index_key != maker.key_id:
        user_id = open_id(keyring, row.ref, row.external_id)
        opened = open_attributes(keyring, row.ref, row.attributes)
        return seal_user(keyring, maker, UserRow(user_id, opened))
    external_id = reseal_id(keyring, row.ref, row.external_id)
    attributes = reseal_attributes(keyring, row.ref, row.attributes)
    return SealedUser(row.ref, external_id, attributes, row.index_key)


def put_sealed_users(
    connection: Connection, keyring: Keyring, rows: Iterable[SealedUser]
) -> Written:
    """As `put_users`, of users who are sealed already, be it under a key that no longer seals.

    PostgreSQL: given by ascending ref, no two writers wait for each other in a ring.
    """
    makers = keep_up(connection, keyring)
    written = Written(0, 0)
    for batch in batches(rows):
        newest = {row.ref: row for row in (reseal_user(keyring, makers.new, one) for one in batch)}
        known = find_sealed_users(
            connection, keyring, makers, {ref: row.external_id for ref, row in newest.items()}
        )
        if makers.former:
            _take_over(connection, newest, known)
        statement = insert(connection, user)
        changed = {name: statement.excluded[name] for name in ("attributes", "updated")}
        now = now_us()
        connection.execute(
            statement.on_conflict_do_update(index_elements=["ref"], set_=changed),
            [{**_cells(newest[ref]), "created": now, "updated": now} for ref in sorted(newest)],
        )
        repeated = len(batch) - len(newest)
        written = written.plus(Written(len(newest) - len(known), len(known) + repeated))
    return written


def _take_over(
    connection: Connection, rows: Mapping[bytes, SealedUser], keys: Mapping[bytes, int]
) -> None:
    """Has rows of users whose refs are of a former index key become what is written now."""
    changed = update(user).where(user.c.id == bindparam("key"))
    given = [{**_cells(rows[ref]), "key": keys[ref]} for ref in sorted(keys)]
    if given:
        connection.execute(changed, given)


def _cells(row: SealedUser) -> dict[str, Any]:
    return {"ref": row.ref, "external_id": row.external_id, "attributes": row.attributes}


def ensure_users(
    connection: Connection, keyring: Keyring, user_ids: Collection[str]
) -> dict[str, int]:
    """The key of each user; those that are new are made, without attributes.

    Raises:
        CollisionError: one was forgotten meanwhile.
    """
    maker = keyring.ref_keys[0]
    refs = {user_id: maker.ref(user_id) for user_id in user_ids}
    by_ref = find_users(connection, refs.values())
    found = {user_id: by_ref[ref] for user_id, ref in refs.items() if ref in by_ref}
    missing = [user_id for user_id in refs if user_id not in found]
    return {**found, **_ensure(connection, keyring, maker, missing)} if missing else found


def _ensure(
    connection: Connection, keyring: Keyring, tried: RefKey, user_ids: Sequence[str]
) -> dict[str, int]:
    """As `ensure_users`, of users whose row has not the ref by one key that was tried."""
    makers = keep_up(connection, keyring)
    found = find_under_any_key(connection, makers, user_ids) if makers != (tried, ()) else {}
    new = {makers.new.ref(user_id): user_id for user_id in user_ids if user_id not in found}
    add_users(connection, keyring, [(ref, seal_id(keyring, ref, new[ref])) for ref in new])
    found.update((new[ref], key) for ref, key in find_users(connection, new).items())
    if len(found) < len(user_ids):
        raise CollisionError("writing users", "Conflict", FORGOTTEN)
    return found


def add_users(
    connection: Connection, keyring: Keyring, users: Iterable[tuple[bytes, SealedBytes]]
) -> None:
    """Makes users without attributes where they are missing.

    Args:
        connection: in a writing transaction in which `keep_up` was called.
        keyring: seals anew what was sealed under a key that no longer seals.
        users: the ref, of the index key that makes them now, and the sealed id of each.

    Raises:
        PlaintextRefusedError: an id is not sealed.
    """
    now = now_us()
    refuse_plain = SealedColumn().process_bind_param
    statement = marked(connection, ADD)
    # Sorted, so that two writers that make the same users never wait for each other in a ring.
    for batch in batches(sorted(users), 10 * BATCH_ROWS):
        for _, sealed in batch:
            refuse_plain(sealed, connection.dialect)
        rows = [(ref, reseal_id(keyring, ref, sealed), now, now) for ref, sealed in batch]
        connection.exec_driver_sql(statement, rows)


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
