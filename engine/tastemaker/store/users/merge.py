"""Two users who turn out to be one person: an anonymous visitor who logs in."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, literal, select, update

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.key_rows import keep_up
from tastemaker.store.sql.number_table import changed_rows
from tastemaker.store.sql.statements import insert
from tastemaker.store.sql.tables import interaction, user
from tastemaker.store.users.cells import open_attributes, seal_attributes
from tastemaker.store.users.rows import ensure_users
from tastemaker.validation import now_us


class MergedUsers(NamedTuple):
    """What a merge did.

    Attributes:
        moved: how many interactions the known user got.
        kept: how many the known user had already, of the same item, kind and time; they stay as
            they were.
    """

    moved: int
    kept: int


def merge_users(
    connection: Connection, keyring: Keyring, anonymous: str, known: str
) -> MergedUsers:
    """Gives everything of one user to another, and deletes the one.

    The known user is made where missing. Where both have the same interaction or the same
    attribute, the known user's stays. An anonymous user who is not there has nothing to give.
    """
    makers = keep_up(connection, keyring)
    columns = (user.c.id, user.c.ref, user.c.attributes)
    chosen = select(*columns).where(user.c.ref.in_(makers.refs(anonymous)))
    # PostgreSQL: nobody can add an interaction while they are moved.
    before = connection.execute(chosen.with_for_update()).first()
    key = ensure_users(connection, keyring, [known])[known]
    if before is None:
        return MergedUsers(0, 0)
    moved = _move_interactions(connection, before.id, key)
    theirs = delete(interaction).where(interaction.c.user_id == before.id)
    total = connection.execute(theirs).rowcount
    given = open_attributes(keyring, bytes(before.ref), before.attributes)
    _merge_attributes(connection, keyring, given, key)
    connection.execute(delete(user).where(user.c.id == before.id))
    return MergedUsers(moved, total - moved)


def _move_interactions(connection: Connection, source: int, target: int) -> int:
    """Copies a user's interactions to another, except for those that are there; how many."""
    names = [column.name for column in interaction.c]
    selected = [
        literal(target).label(name) if name == "user_id" else interaction.c[name] for name in names
    ]
    rows = select(*selected).where(interaction.c.user_id == source)
    statement = insert(connection, interaction).from_select(names, rows)
    done = connection.execute(
        statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
    )
    return changed_rows(done.rowcount)


def _merge_attributes(
    connection: Connection, keyring: Keyring, given: dict[str, Any], key: int
) -> None:
    """Adds the attributes that the user with this key does not have."""
    row = connection.execute(
        select(user.c.ref, user.c.attributes).where(user.c.id == key).with_for_update()
    ).one()
    ref = bytes(row.ref)
    own = open_attributes(keyring, ref, row.attributes)
    if given.keys() <= own.keys():
        return
    sealed = seal_attributes(keyring, ref, {**given, **own})
    changed = update(user).where(user.c.id == key)
    connection.execute(changed.values(attributes=sealed, updated=now_us()))
