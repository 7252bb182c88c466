"""Changing some attributes of users, and leaving the others as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select, update

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.key_rows import keep_up
from tastemaker.store.sql.statements import batches
from tastemaker.store.sql.tables import user
from tastemaker.store.users.cells import open_attributes, seal_attributes
from tastemaker.store.users.finding import find_sealed_users
from tastemaker.store.users.rows import SealedUser, reseal_user
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
    makers = keep_up(connection, keyring)
    changed = set[int]()
    for batch in batches(changes):
        given = [reseal_user(keyring, makers.new, change) for change in batch]
        ids = {change.ref: change.external_id for change in given}
        known = find_sealed_users(connection, keyring, makers, ids)
        chosen = select(user.c.id, user.c.ref, user.c.attributes)
        chosen = chosen.where(user.c.id.in_(known.values())).order_by(user.c.ref)
        found = connection.execute(chosen.with_for_update()).all()
        refs = {row.id: bytes(row.ref) for row in found}
        rows: dict[int, Attributes] = {
            row.id: open_attributes(keyring, refs[row.id], row.attributes) for row in found
        }
        for ref, _, sealed, _ in given:
            if (key := known.get(ref)) in rows:
                merged = {**rows[key], **open_attributes(keyring, ref, sealed)}
                rows[key] = check_attributes(merged, "user attribute")
        _write(connection, keyring, refs, rows)
        changed.update(rows)
    return len(changed)


def _write(
    connection: Connection,
    keyring: Keyring,
    refs: Mapping[int, bytes],
    rows: Mapping[int, Attributes],
) -> None:
    if not rows:
        return
    statement = update(user).where(user.c.id == bindparam("of"))
    now = now_us()
    connection.execute(
        statement.values(attributes=bindparam("new"), updated=bindparam("now")),
        [
            {"of": key, "new": seal_attributes(keyring, refs[key], attributes), "now": now}
            for key, attributes in rows.items()
        ],
    )
