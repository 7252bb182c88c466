"""What people say about items: less of it, more of it, never again; or nothing any more.

A statement is an interaction of a reserved kind, so it is exported, imported, and forgotten with
the person as any other. Of each item a person has one at most: the newest.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from tastemaker.errors import InputError, NotFoundError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.write import record
from tastemaker.store.items import find_items
from tastemaker.store.key_rows import keep_up
from tastemaker.store.kinds import TOLD_KINDS, read_kinds
from tastemaker.store.sql.tables import interaction, user
from tastemaker.store.users.finding import find_row
from tastemaker.store.users.rows import ensure_users
from tastemaker.validation import InteractionRow

FORGET = "forget"
"""Takes a statement back."""

WORDS = (*TOLD_KINDS, FORGET)
"""What can be told about an item."""


def check_word(word: object) -> str:
    """One of `WORDS`.

    Raises:
        InputError: it is none of them.
    """
    if isinstance(word, str) and word in WORDS:
        return word
    known = ", ".join(WORDS)
    raise InputError(f"{str(word)[:40]!r} cannot be told about an item. Tell one of: {known}.")


def tell(connection: Connection, keyring: Keyring, row: InteractionRow) -> int:
    """Keeps what a person says about an item, in place of what the person said about it before.

    Args:
        connection: in a writing transaction.
        keyring: finds and seals the user.
        row: the statement; its kind is one of `TOLD_KINDS`. A user who is new is made.

    Returns:
        How many former statements went: 0 or 1, more only if an import brought several.

    Raises:
        NotFoundError: there is no such item.
    """
    item_key = _item_key(connection, row.item_id)
    user_key = ensure_users(connection, keyring, [row.user_id])[row.user_id]
    _lock(connection, user_key)
    gone = _delete(connection, user_key, item_key, _told_keys(connection))
    record(connection, keyring, [row])
    return gone


def take_back(connection: Connection, keyring: Keyring, user_id: str, item_id: str) -> int:
    """Removes what a person said about an item; if nothing was said, all they did with it.

    Args:
        connection: in a writing transaction.
        keyring: finds the user.
        user_id: the application's id of the user.
        item_id: the application's id of the item.

    Returns:
        How many interactions went; 0 where the person has none with the item.

    Raises:
        NotFoundError: there is no such user or item.
    """
    item_key = _item_key(connection, item_id)
    keep_up(connection, keyring)
    user_key = find_row(connection, keyring, user_id).id
    _lock(connection, user_key)
    told = _delete(connection, user_key, item_key, _told_keys(connection))
    return told or _delete(connection, user_key, item_key, None)


def _item_key(connection: Connection, item_id: str) -> int:
    key = find_items(connection, [item_id]).get(item_id)
    if key is None:
        raise NotFoundError(
            f"There is no item {item_id!r}. `tastemaker export items -` lists those there are."
        )
    return key


def _told_keys(connection: Connection) -> list[int]:
    return [kind.key for kind in read_kinds(connection) if kind.name in TOLD_KINDS]


def _lock(connection: Connection, user_key: int) -> None:
    """PostgreSQL: two statements at once come one after the other, so that one of them stays."""
    connection.execute(select(user.c.id).where(user.c.id == user_key).with_for_update())


def _delete(
    connection: Connection, user_key: int, item_key: int, kind_keys: list[int] | None
) -> int:
    """Deletes a person's interactions with an item, of some kinds or of all; how many."""
    theirs = delete(interaction).where(
        interaction.c.user_id == user_key, interaction.c.item_id == item_key
    )
    if kind_keys is not None:
        theirs = theirs.where(interaction.c.kind_id.in_(kind_keys))
    return connection.execute(theirs).rowcount
