"""Users: sealed before the database sees them, found by their ref, exported and forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tastemaker.border import Attributes, Json, UserRow
from tastemaker.data import Values
from tastemaker.store.database import Database
from tastemaker.store.items import Written
from tastemaker.store.keyring import Keyring


@dataclass(frozen=True)
class Forgotten:
    """What was deleted of one person.

    Attributes:
        ref: the keyed hash of the id; the ledger of erasures keeps it.
        time: when, in microseconds since 1970 UTC.
        interactions: how many interactions went with the person.
    """

    ref: bytes
    time: int
    interactions: int


def put_users(connection: Connection, keyring: Keyring, rows: Iterable[UserRow]) -> Written:
    """Writes users; one that is there already gets the new attributes in place of the old."""
    raise NotImplementedError


def ensure_users(
    connection: Connection, keyring: Keyring, user_ids: Iterable[str]
) -> dict[str, int]:
    """The key of each user; those that are new are made, without attributes."""
    raise NotImplementedError


def find_user(connection: Connection, ref: bytes) -> int | None:
    """The key of the user with that ref, or None."""
    raise NotImplementedError


def declare_features(connection: Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Adds attributes that may be used for recommending; all that are declared now."""
    raise NotImplementedError


def declared_features(connection: Connection) -> tuple[str, ...]:
    """The attributes of users that may be used for recommending."""
    raise NotImplementedError


def read_features(
    connection: Connection, keyring: Keyring, refs: Sequence[bytes]
) -> Mapping[str, tuple[Values, ...]]:
    """For each declared feature, the values of each user in turn; empty for unknown users."""
    raise NotImplementedError


def show_user(connection: Connection, keyring: Keyring, user_id: str) -> dict[str, Json]:
    """A user's attributes in clear, when the user came and changed, and how many interactions.

    Raises:
        NotFoundError: there is no such user.
    """
    raise NotImplementedError


def export_user(connection: Connection, keyring: Keyring, user_id: str) -> dict[str, Json]:
    """Everything the database holds of one person, in clear: attributes and all interactions.

    Raises:
        NotFoundError: there is no such user.
    """
    raise NotImplementedError


def forget_user(connection: Connection, keyring: Keyring, user_id: str) -> Forgotten:
    """Deletes a person's row and interactions, and enters the ref in the ledger of erasures.

    After the transaction is committed call `wipe_traces`.

    Raises:
        NotFoundError: there is no such user.
    """
    raise NotImplementedError


def wipe_traces(database: Database) -> bool:
    """Removes from SQLite's log what a committed transaction deleted; whether it could.

    It cannot while another connection is still reading an older state; call it again later.
    """
    raise NotImplementedError


def iterate_users(connection: Connection, keyring: Keyring) -> Iterator[UserRow]:
    """All users in clear, for an export; opens few of them at a time."""
    raise NotImplementedError


def user_ids(connection: Connection, keyring: Keyring, keys: Sequence[int]) -> list[str]:
    """The ids, in clear, of the users with those keys."""
    raise NotImplementedError


def feature_values(value: Attributes | Json) -> Values:
    """An attribute as the values a recommender sees: lists are several, numbers become text."""
    raise NotImplementedError
