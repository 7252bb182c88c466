"""Users: sealed before the database sees them, found by their ref, read back in clear."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from tastemaker.data import Values
from tastemaker.store import meta
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.items import as_values
from tastemaker.store.persons import Forgotten, export_user, forget_user, show_user, wipe_traces
from tastemaker.store.sql.statements import Written, batches, insert
from tastemaker.store.sql.tables import user
from tastemaker.store.user_rows import (
    add_users,
    find_user,
    find_users,
    iterate_rows,
    open_attributes,
    open_id,
)
from tastemaker.validation import Json, UserRow, check_attribute_name, now_us

__all__ = [
    "Forgotten",
    "declare_features",
    "declared_features",
    "ensure_users",
    "export_user",
    "find_user",
    "forget_user",
    "iterate_keys",
    "iterate_refs",
    "iterate_users",
    "put_users",
    "read_features",
    "read_user_ids",
    "show_user",
    "wipe_traces",
]

FEATURES = "features"


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
    for row in iterate_rows(connection):
        ref = bytes(row.ref)
        user_id = open_id(keyring, ref, row.external_id)
        yield UserRow(user_id, open_attributes(keyring, ref, row.attributes))


def iterate_refs(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """The key and ref of every user, by key; holds few of them at a time."""
    for row in iterate_rows(connection):
        yield row.id, bytes(row.ref)


def iterate_keys(connection: Connection) -> Iterator[int]:
    """The key of every user, ascending; holds few of them at a time."""
    for row in iterate_rows(connection):
        yield row.id


def read_user_ids(connection: Connection, keyring: Keyring, keys: Sequence[int]) -> dict[int, str]:
    """The ids, in clear, of the users with those keys."""
    found: dict[int, str] = {}
    for batch in batches(keys):
        chosen = select(user.c.id, user.c.ref, user.c.external_id).where(user.c.id.in_(batch))
        for key, ref, sealed in connection.execute(chosen):
            found[key] = open_id(keyring, bytes(ref), sealed)
    return found
