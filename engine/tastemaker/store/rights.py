"""One person's rights: what is held of them, all of it in clear, and having it deleted."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from tastemaker.errors import NotFoundError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.erasures import Forgotten, find_unfinished, note_unfinished
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS
from tastemaker.store.key_rows import keep_up
from tastemaker.store.releases import CATALOGUE
from tastemaker.store.sql.tables import erasure, interaction, item, kind, model, release, user
from tastemaker.store.users.cells import open_attributes
from tastemaker.store.users.finding import find_row
from tastemaker.validation import Json, as_iso, now_us


def show_user(connection: Connection, keyring: Keyring, user_id: str) -> dict[str, Json]:
    """A user's attributes in clear, when the user came and changed, and how many interactions.

    Raises:
        NotFoundError: there is no such user.
    """
    row = find_row(connection, keyring, user_id)
    counted = select(func.count()).where(interaction.c.user_id == row.id)
    interactions = connection.execute(counted).scalar_one()
    return {**_in_clear(keyring, user_id, row), "interactions": interactions}


def export_user(connection: Connection, keyring: Keyring, user_id: str) -> dict[str, Json]:
    """Everything the database holds of one person, in clear: attributes and all interactions.

    Raises:
        NotFoundError: there is no such user.
    """
    row = find_row(connection, keyring, user_id)
    interactions = _interactions_in_clear(connection, row.id)
    return {**_in_clear(keyring, user_id, row), "interactions": interactions}


def _in_clear(keyring: Keyring, user_id: str, row: Row[Any]) -> dict[str, Json]:
    """What a user's own row says."""
    return {
        "user_id": user_id,
        "attributes": open_attributes(keyring, bytes(row.ref), row.attributes),
        "created": as_iso(row.created),
        "updated": as_iso(row.updated),
    }


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

    The refs, rather: by each index key that is kept, also retired, for a backup has one of them.
    The erasure is noted as unfinished. After the transaction is committed call `finish_at_once`.
    Of somebody who is gone already, whose erasure is unfinished: what was deleted then.

    Raises:
        NotFoundError: there is no such user.
    """
    makers = keep_up(connection, keyring)
    refs = {one.key_id: one.ref(user_id) for one in keyring.ref_keys}
    # PostgreSQL: nobody can add an interaction between the two deletions.
    chosen = select(user.c.id, user.c.created).where(user.c.ref.in_(makers.refs(user_id)))
    row = connection.execute(chosen.with_for_update()).first()
    if row is None:
        unfinished = find_unfinished(connection, refs.values())
        if unfinished is None:
            raise NotFoundError("There is no user with this id. Check it letter by letter.")
        return unfinished
    theirs = delete(interaction).where(interaction.c.user_id == row.id)
    interactions = connection.execute(theirs).rowcount
    connection.execute(delete(user).where(user.c.id == row.id))
    trained = trained_since(connection, row.created)
    forgotten = Forgotten(refs[makers.new.key_id], now_us(), interactions, trained)
    releases = json.dumps(forgotten.releases)
    entries = [
        {"ref": ref, "time": forgotten.time, "releases": releases, "key_id": key_id}
        for key_id, ref in refs.items()
    ]
    connection.execute(insert(erasure), entries)
    note_unfinished(connection, forgotten)
    return forgotten


def trained_since(connection: Connection, time: int) -> dict[int, tuple[str, ...]]:
    """The members of each release that was trained since a time, by the release's number.

    All members: what a recommender learnt from is its own affair, and only it could tell.
    """
    named = select(release.c.id, model.c.name).join_from(release, model)
    chosen = named.where(release.c.trained_at >= time, model.c.name != CATALOGUE)
    rows = connection.execute(chosen.order_by(release.c.id, model.c.name)).all()
    by_release = groupby(rows, key=lambda row: int(row.id))
    return {number: tuple(row.name for row in group) for number, group in by_release}
