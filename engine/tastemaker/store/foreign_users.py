"""Users that were sealed for another database: nothing that this one holds can open them.

They come of a write that went to the wrong database. What is sealed names the number of its data
key, which is drawn at random for each database, so they are told apart without any key at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, select

from tastemaker.store.sql.tables import interaction, item, key, kind, user
from tastemaker.validation import Json

KEY_NUMBER = func.substr(user.c.external_id, 5, 4)
"""The bytes of a sealed id that name its data key; see `store/crypto/sealing.py`."""


class RemovedUsers(NamedTuple):
    """What was taken out of a database: how many users, and how many interactions of theirs."""

    users: int
    interactions: int


def count_foreign_users(connection: Connection) -> int:
    """How many users were sealed for another database; none where this one has no keys at all."""
    counted = select(func.count()).select_from(user).where(_is_foreign(connection))
    return connection.execute(counted).scalar_one()


def iterate_foreign_users(connection: Connection) -> Iterator[dict[str, Json]]:
    """The rows of those users with their interactions: bytes in hexadecimal, sealed still."""
    columns = (user.c.id, user.c.ref, user.c.external_id, user.c.attributes, user.c.created)
    chosen = select(*columns).where(_is_foreign(connection)).order_by(user.c.id)
    for row in connection.execute(chosen).all():
        yield {
            "ref": bytes(row.ref).hex(),
            "external_id": bytes(row.external_id).hex(),
            "attributes": None if row.attributes is None else bytes(row.attributes).hex(),
            "created": row.created,
            "interactions": _interactions_of(connection, row.id),
        }


def _interactions_of(connection: Connection, user_key: int) -> list[Json]:
    columns = (item.c.external_id, kind.c.name, interaction.c.value, interaction.c.time)
    chosen = select(*columns).join_from(interaction, item).join(kind)
    rows = connection.execute(chosen.where(interaction.c.user_id == user_key))
    names = ("item_id", "kind", "value", "time")
    return [dict(zip(names, row, strict=True)) for row in rows]


def delete_foreign_users(connection: Connection) -> RemovedUsers:
    """Deletes those users with their interactions; call it in the transaction that read them."""
    theirs = select(user.c.id).where(_is_foreign(connection))
    gone = connection.execute(delete(interaction).where(interaction.c.user_id.in_(theirs)))
    users = connection.execute(delete(user).where(_is_foreign(connection)))
    return RemovedUsers(users.rowcount, gone.rowcount)


def _is_foreign(connection: Connection) -> ColumnElement[bool]:
    """Whether a user's id was sealed by a key that this database never had.

    One that has lost all of its keys is to be restored, not emptied: there it is nobody.
    """
    numbers = connection.execute(select(key.c.key_id)).scalars()
    known = [number.to_bytes(4) for number in numbers]
    return KEY_NUMBER.not_in(known) if known else KEY_NUMBER.is_(None)
