"""One person's rights: what is held of them, all of it in clear, and having it deleted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, select

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import erasure, interaction, item, kind, release, user
from tastemaker.store.user_rows import open_attributes, user_row
from tastemaker.validation import EPOCH, UNTIMED, Json, now_us

WIPING_MS = 1000


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


def show_user(connection: Connection, keyring: Keyring, user_id: str) -> dict[str, Json]:
    """A user's attributes in clear, when the user came and changed, and how many interactions.

    Raises:
        NotFoundError: there is no such user.
    """
    ref = keyring.ref(user_id)
    row = user_row(connection, ref)
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
    row = user_row(connection, keyring.ref(user_id))
    columns = (item.c.external_id, kind.c.name, interaction.c.value, interaction.c.time)
    chosen = select(*columns).join_from(interaction, item).join(kind)
    rows = connection.execute(
        chosen.where(interaction.c.user_id == row.id).order_by(interaction.c.time)
    )
    interactions: list[Json] = [
        {"item_id": item_id, "kind": name, "value": value, "timestamp": as_iso(time)}
        for item_id, name, value, time in rows
    ]
    return {**shown, "interactions": interactions}


def forget_user(connection: Connection, keyring: Keyring, user_id: str) -> Forgotten:
    """Deletes a person's row and interactions, and enters the ref in the ledger of erasures.

    After the transaction is committed call `wipe_traces`.

    Raises:
        NotFoundError: there is no such user.
    """
    ref = keyring.ref(user_id)
    row = user_row(connection, ref)
    # PostgreSQL: nobody can add an interaction between the two deletions.
    connection.execute(select(user.c.id).where(user.c.id == row.id).with_for_update())
    theirs = delete(interaction).where(interaction.c.user_id == row.id)
    interactions = connection.execute(theirs).rowcount
    connection.execute(delete(user).where(user.c.id == row.id))
    chosen = select(release.c.id).where(release.c.trained_at >= row.created)
    releases = tuple(connection.execute(chosen.order_by(release.c.id)).scalars())
    now = now_us()
    connection.execute(insert(erasure).values(ref=ref, time=now, releases=json.dumps(releases)))
    return Forgotten(ref, now, interactions, releases)


def wipe_traces(database: Database) -> bool:
    """Removes from SQLite's log what a committed transaction deleted; whether it could.

    It cannot while another connection is still reading an older state: after a second it gives
    up; call it again later. PostgreSQL's own VACUUM does this; there it is always True.
    """
    if database.dialect_name != "sqlite":
        return True
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            return False
        # Past SQLAlchemy, which would begin a transaction, in which no checkpoint can run.
        patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        driver.execute(f"PRAGMA busy_timeout = {WIPING_MS}")
        try:
            return not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            driver.execute(f"PRAGMA busy_timeout = {int(patience)}")


def as_iso(time_us: int) -> str | None:
    """A time as ISO 8601 text in UTC; None where it is not known."""
    if time_us == UNTIMED:
        return None
    return (EPOCH + timedelta(microseconds=time_us)).isoformat()
