"""Taking single interactions back."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.key_rows import keep_up
from tastemaker.store.sql.tables import interaction, item, kind as kind_table, user


def remove(
    connection: Connection,
    keyring: Keyring,
    user_id: str,
    item_id: str,
    kind: str | None = None,
    time: int | None = None,
) -> int:
    """Deletes a user's interactions with an item; how many there were.

    Args:
        connection: in a writing transaction.
        keyring: gives the user's ref.
        user_id: whose interactions.
        item_id: with which item.
        kind: only of this kind; of any where None.
        time: only of this moment, in microseconds since 1970 UTC; of any where None.
    """
    makers = keep_up(connection, keyring)
    whose = select(user.c.id).where(user.c.ref.in_(makers.refs(user_id)))
    what = select(item.c.id).where(item.c.external_id == item_id).scalar_subquery()
    chosen = delete(interaction).where(interaction.c.user_id.in_(whose))
    chosen = chosen.where(interaction.c.item_id == what)
    if kind is not None:
        named = select(kind_table.c.id).where(kind_table.c.name == kind).scalar_subquery()
        chosen = chosen.where(interaction.c.kind_id == named)
    if time is not None:
        chosen = chosen.where(interaction.c.time == time)
    return connection.execute(chosen).rowcount
