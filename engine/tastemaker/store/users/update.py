"""Changing some attributes of users, and leaving the others as they are."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select, update

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.statements import batches
from tastemaker.store.sql.tables import user
from tastemaker.store.users.cells import open_attributes, seal_attributes
from tastemaker.store.users.rows import SealedUser
from tastemaker.validation import Attributes, check_attributes, now_us


def update_sealed_users(
    connection: Connection, keyring: Keyring, changes: Iterable[SealedUser]
) -> int:
    """Changes attributes of users; how many there were. Users who are not there are passed over.

    Args:
        connection: in a writing transaction.
        keyring: opens what is there, and seals what becomes of it.
        changes: the attributes that change, sealed; by ascending ref, so that no two writers wait
            for each other in a ring. Of the same user, the later come on top of the earlier.

    Raises:
        InputError: a user would have too many attributes.
        KeyProblem: the attributes of one were changed or moved, or their key is not there.
    """
    changed = set[bytes]()
    for batch in batches(changes):
        chosen = select(user.c.ref, user.c.attributes).where(
            user.c.ref.in_({change.ref for change in batch})
        )
        found = connection.execute(chosen.order_by(user.c.ref).with_for_update()).all()
        rows: dict[bytes, Attributes] = {
            bytes(row.ref): open_attributes(keyring, bytes(row.ref), row.attributes)
            for row in found
        }
        for ref, _, sealed in batch:
            if ref in rows:
                merged = {**rows[ref], **open_attributes(keyring, ref, sealed)}
                rows[ref] = check_attributes(merged, "user attribute")
        _write(connection, keyring, rows)
        changed.update(rows)
    return len(changed)


def _write(connection: Connection, keyring: Keyring, rows: dict[bytes, Attributes]) -> None:
    if not rows:
        return
    statement = update(user).where(user.c.ref == bindparam("of"))
    now = now_us()
    connection.execute(
        statement.values(attributes=bindparam("new"), updated=bindparam("now")),
        [
            {"of": ref, "new": seal_attributes(keyring, ref, attributes), "now": now}
            for ref, attributes in rows.items()
        ],
    )
