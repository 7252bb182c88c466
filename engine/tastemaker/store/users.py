"""Users: sealed before the database sees them, found by their ref, read back in clear."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from tastemaker.border import Json, UserRow, check_attribute_name, now_us
from tastemaker.data import Values
from tastemaker.errors import NotFoundError
from tastemaker.store import meta
from tastemaker.store.items import as_values
from tastemaker.store.keyring import Keyring
from tastemaker.store.sealed_column import SealedBytes
from tastemaker.store.statements import Written, batches, fetch, insert
from tastemaker.store.tables import user

FEATURES = "features"
KEY_OF_REF = f"SELECT id FROM {user.name} WHERE ref = ?"


def put_users(connection: Connection, keyring: Keyring, rows: Iterable[UserRow]) -> Written:
    """Writes users; one that is there already gets the new attributes in place of the old."""
    written = Written(0, 0)
    for batch in batches(rows):
        newest = {keyring.ref(row.user_id): row for row in batch}
        known = find_users(connection, newest).keys()
        statement = insert(connection, user)
        changed = {name: statement.excluded[name] for name in ("attributes", "updated")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["ref"], set_=changed),
            [_values(keyring, ref, newest[ref]) for ref in sorted(newest)],
        )
        repeated = len(batch) - len(newest)
        written = written.plus(Written(len(newest) - len(known), len(known) + repeated))
    return written


def _values(keyring: Keyring, ref: bytes, row: UserRow) -> dict[str, object]:
    now = now_us()
    return {
        "ref": ref,
        "external_id": keyring.seal("user", "external_id", ref, row.user_id),
        "attributes": keyring.seal("user", "attributes", ref, dict(row.attributes)),
        "created": now,
        "updated": now,
    }


def find_user(connection: Connection, ref: bytes) -> int | None:
    """The key of the user with that ref, or None."""
    rows = fetch(connection, KEY_OF_REF, (ref,))
    return int(rows[0][0]) if rows else None


def find_users(connection: Connection, refs: Iterable[bytes]) -> dict[bytes, int]:
    """The key of each user that is in the database, by ref."""
    found: dict[bytes, int] = {}
    for batch in batches(refs):
        chosen = select(user.c.ref, user.c.id).where(user.c.ref.in_(batch))
        found.update((bytes(ref), key) for ref, key in connection.execute(chosen))
    return found


def ensure_users(
    connection: Connection, keyring: Keyring, user_ids: Collection[str]
) -> dict[str, int]:
    """The key of each user; those that are new are made, without attributes."""
    refs = {user_id: keyring.ref(user_id) for user_id in user_ids}
    found = find_users(connection, refs.values())
    missing = [
        (ref, keyring.seal("user", "external_id", ref, user_id))
        for user_id, ref in refs.items()
        if ref not in found
    ]
    if missing:
        add_users(connection, missing)
        found.update(find_users(connection, (ref for ref, _ in missing)))
    return {user_id: found[ref] for user_id, ref in refs.items()}


def add_users(connection: Connection, users: Iterable[tuple[bytes, SealedBytes]]) -> None:
    """Makes users without attributes where they are missing.

    Args:
        connection: in a writing transaction.
        users: the ref and the sealed id of each.
    """
    now = now_us()
    statement = insert(connection, user).on_conflict_do_nothing()
    # Sorted, so that two writers that make the same users never wait for each other in a ring.
    for batch in batches(sorted(users)):
        connection.execute(
            statement,
            [
                {"ref": ref, "external_id": sealed, "created": now, "updated": now}
                for ref, sealed in batch
            ],
        )


def declare_features(connection: Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Adds attributes that may be used for recommending; all that are declared now.

    Raises:
        InputError: a name is refused.
    """
    checked = {check_attribute_name(name, "user attribute") for name in names}
    declared = tuple(sorted(checked.union(declared_features(connection))))
    meta.put(connection, FEATURES, json.dumps(declared))
    return declared


def declared_features(connection: Connection) -> tuple[str, ...]:
    """The attributes of users that may be used for recommending."""
    return tuple(json.loads(meta.get(connection, FEATURES) or "[]"))


def read_features(
    connection: Connection, keyring: Keyring, refs: Sequence[bytes]
) -> Mapping[str, tuple[Values, ...]]:
    """For each declared feature, the values of each user in turn; empty where not known."""
    names = declared_features(connection)
    if not names:
        return {}
    opened: dict[bytes, dict[str, Json]] = {}
    for batch in batches(refs):
        chosen = select(user.c.ref, user.c.attributes).where(user.c.ref.in_(batch))
        for ref, sealed in connection.execute(chosen):
            opened[bytes(ref)] = open_attributes(keyring, bytes(ref), sealed)
    rows = [opened.get(ref, {}) for ref in refs]
    return {name: tuple(as_values(row.get(name)) for row in rows) for name in names}


def iterate_users(connection: Connection, keyring: Keyring) -> Iterator[UserRow]:
    """All users in clear, for an export; opens few of them at a time."""
    for row in _iterate_rows(connection):
        ref = bytes(row.ref)
        user_id = open_id(keyring, ref, row.external_id)
        yield UserRow(user_id, open_attributes(keyring, ref, row.attributes))


def iterate_refs(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """The key and ref of every user, by key; holds few of them at a time."""
    for row in _iterate_rows(connection):
        yield row.id, bytes(row.ref)


def _iterate_rows(connection: Connection) -> Iterator[Row[Any, Any, Any, Any]]:
    columns = (user.c.id, user.c.ref, user.c.external_id, user.c.attributes)
    last = 0
    while rows := connection.execute(
        select(*columns).where(user.c.id > last).order_by(user.c.id).limit(1000)
    ).all():
        yield from rows
        last = rows[-1].id


def read_user_ids(connection: Connection, keyring: Keyring, keys: Sequence[int]) -> dict[int, str]:
    """The ids, in clear, of the users with those keys."""
    found: dict[int, str] = {}
    for batch in batches(keys):
        chosen = select(user.c.id, user.c.ref, user.c.external_id).where(user.c.id.in_(batch))
        for key, ref, sealed in connection.execute(chosen):
            found[key] = open_id(keyring, bytes(ref), sealed)
    return found


def user_row(connection: Connection, ref: bytes) -> Row[Any]:
    """The stored row of one user, sealed as it is.

    Raises:
        NotFoundError: there is no such user.
    """
    row = connection.execute(select(user).where(user.c.ref == ref)).first()
    if row is None:
        raise NotFoundError("There is no user with this id. Check it letter by letter.")
    return row


def open_id(keyring: Keyring, ref: bytes, sealed: bytes) -> str:
    """A user's own id."""
    return str(keyring.open("user", "external_id", ref, sealed))


def open_attributes(keyring: Keyring, ref: bytes, sealed: bytes | None) -> dict[str, Json]:
    """A user's attributes; none where none were ever put."""
    opened = None if sealed is None else keyring.open("user", "attributes", ref, sealed)
    return opened if isinstance(opened, dict) else {}
