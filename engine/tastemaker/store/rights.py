"""One person's rights: what is held of them, all of it in clear, and having it deleted."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from tastemaker.errors import NotFoundError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS
from tastemaker.store.sql.tables import erasure, interaction, item, kind, release, user
from tastemaker.store.users.cells import open_attributes
from tastemaker.store.users.rows import stored_row
from tastemaker.validation import Json, as_iso, now_us


@dataclass(frozen=True)
class Forgotten:
    """What was deleted of one person.

    Attributes:
        ref: the keyed hash of the id; the ledger of erasures keeps it.
        time: when, in microseconds since 1970 UTC.
        interactions: how many interactions went with the person.
        releases: the releases, by id, that were trained since the person came.
    """

    ref: bytes
    time: int
    interactions: int
    releases: tuple[int, ...]


@dataclass(frozen=True)
class Receipt:
    """Proof of a deletion; it names nobody.

    Attributes:
        forgotten: what was deleted, when, and the releases trained while it was there.
        complete: whether the deleted bytes have left SQLite's log too; False while another
            connection is still reading an older state, or a transaction of the application's that
            the deletion joined is open.
    """

    forgotten: Forgotten
    complete: bool

    def text(self) -> str:
        """The receipt in words."""
        lines = [f"Forgotten, with {self.forgotten.interactions} interactions."]
        if self.forgotten.releases:
            numbers = ", ".join(map(str, self.forgotten.releases))
            lines.append(
                f"Trained while they were there: release {numbers}. Models hold items, not "
                "people; to learn without them run `tastemaker train`."
            )
        if not self.complete:
            lines.append(
                "Another connection is still in a transaction: deleted bytes may stay in the "
                "write-ahead log until the last connection has closed."
            )
        return "\n".join(lines)


def show_user(connection: Connection, keyring: Keyring, user_id: str) -> dict[str, Json]:
    """A user's attributes in clear, when the user came and changed, and how many interactions.

    Raises:
        NotFoundError: there is no such user.
    """
    ref = keyring.ref(user_id)
    row = stored_row(connection, ref)
    counted = select(func.count()).where(interaction.c.user_id == row.id)
    return {
        "user_id": user_id,
        "attributes": open_attributes(keyring, ref, row.attributes),
        "created": as_iso(row.created),
        "updated": as_iso(row.updated),
        "interactions": connection.execute(counted).scalar_one(),
    }


def export_user(connection: Connection, keyring: Keyring, user_id: str) -> dict[str, Json]:
    """Everything the database holds of one person, in clear: attributes and all interactions.

    Raises:
        NotFoundError: there is no such user.
    """
    shown = show_user(connection, keyring, user_id)
    row = stored_row(connection, keyring.ref(user_id))
    return {**shown, "interactions": _interactions_in_clear(connection, row.id)}


def _interactions_in_clear(connection: Connection, user_key: int) -> list[Json]:
    """A user's interactions, oldest first, as a file would have them but for the user's id."""
    named = {"item_id": item.c.external_id, "kind_id": kind.c.name}
    columns = [column for column in INTERACTION_COLUMNS if column.name != "user_id"]
    selected = [named.get(column.name, interaction.c[column.name]) for column in columns]
    chosen = select(*selected).join_from(interaction, item).join(kind)
    rows = connection.execute(
        chosen.where(interaction.c.user_id == user_key).order_by(interaction.c.time)
    )
    exported: list[Json] = []
    for row in rows:
        one = {column.file: value for column, value in zip(columns, row, strict=True)}
        exported.append({**one, "timestamp": as_iso(one["timestamp"])})
    return exported


def forget_user(connection: Connection, keyring: Keyring, user_id: str) -> Forgotten:
    """Deletes a person's row and interactions, and enters the ref in the ledger of erasures.

    After the transaction is committed call `Database.wipe_traces`.

    Raises:
        NotFoundError: there is no such user.
    """
    ref = keyring.ref(user_id)
    row = stored_row(connection, ref)
    # PostgreSQL: nobody can add an interaction between the two deletions.
    locked = select(user.c.id).where(user.c.id == row.id).with_for_update()
    if connection.execute(locked).first() is None:
        raise NotFoundError("This user was forgotten meanwhile; there is nothing left to forget.")
    theirs = delete(interaction).where(interaction.c.user_id == row.id)
    interactions = connection.execute(theirs).rowcount
    connection.execute(delete(user).where(user.c.id == row.id))
    chosen = select(release.c.id).where(release.c.trained_at >= row.created)
    releases = tuple(connection.execute(chosen.order_by(release.c.id)).scalars())
    now = now_us()
    connection.execute(insert(erasure).values(ref=ref, time=now, releases=json.dumps(releases)))
    return Forgotten(ref, now, interactions, releases)
