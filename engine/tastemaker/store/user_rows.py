"""The rows of the user table, sealed as they are stored, and the opening of their cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from tastemaker.errors import NotFoundError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import SealedBytes, SealedColumn
from tastemaker.store.sql.statements import BATCH, batches, fetch, in_dialect, marks
from tastemaker.store.sql.tables import user
from tastemaker.validation import Json, now_us

ADD = (
    f"INSERT INTO {user.name} (ref, external_id, created, updated) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
KEY_OF_REF = f"SELECT id FROM {user.name} WHERE ref = ?"


def find_user(connection: Connection, ref: bytes) -> int | None:
    """The key of the user with that ref, or None."""
    rows = fetch(connection, KEY_OF_REF, (ref,))
    return int(rows[0][0]) if rows else None


def find_users(connection: Connection, refs: Iterable[bytes]) -> dict[bytes, int]:
    """The key of each user that is in the database, by ref."""
    found: dict[bytes, int] = {}
    for batch in batches(refs):
        rows = fetch(
            connection, f"SELECT ref, id FROM {user.name} WHERE ref IN {marks(batch)}", batch
        )
        found.update((bytes(ref), key) for ref, key in rows)
    return found


def add_users(connection: Connection, users: Iterable[tuple[bytes, SealedBytes]]) -> None:
    """Makes users without attributes where they are missing.

    Args:
        connection: in a writing transaction.
        users: the ref and the sealed id of each.

    Raises:
        PlaintextRefusedError: an id is not sealed.
    """
    now = now_us()
    guard = SealedColumn().process_bind_param
    # Sorted, so that two writers that make the same users never wait for each other in a ring.
    for batch in batches(sorted(users), 10 * BATCH):
        rows = [(ref, guard(sealed, connection.dialect), now, now) for ref, sealed in batch]
        connection.exec_driver_sql(in_dialect(connection, ADD), rows)


def iterate_rows(connection: Connection) -> Iterator[Row[Any, Any, Any, Any]]:
    """The key, ref, sealed id and sealed attributes of every user; holds few at a time."""
    columns = (user.c.id, user.c.ref, user.c.external_id, user.c.attributes)
    last = 0
    while rows := connection.execute(
        select(*columns).where(user.c.id > last).order_by(user.c.id).limit(1000)
    ).all():
        yield from rows
        last = rows[-1].id


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
