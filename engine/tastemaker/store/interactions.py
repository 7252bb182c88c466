"""Interactions: recording them live, reading one person's, many people's, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from tastemaker.border import InteractionRow
from tastemaker.data import Float64Array, Int64Array
from tastemaker.store.items import Written
from tastemaker.store.keyring import Keyring


class History(NamedTuple):
    """One person's interactions, oldest first; untimed ones before all others.

    Attributes:
        item_keys: (n,) int64 keys of the items.
        kind_keys: (n,) int64 keys of the kinds.
        values: (n,) float64.
        times: (n,) int64 microseconds since 1970 UTC; `UNTIMED` where not known.
    """

    item_keys: Int64Array
    kind_keys: Int64Array
    values: Float64Array
    times: Int64Array


class Histories(NamedTuple):
    """Many people's interactions, person after person; see `History`.

    Attributes:
        indptr: (n_people + 1,) int64; the rows of person p are indptr[p]:indptr[p + 1].
    """

    indptr: Int64Array
    item_keys: Int64Array
    kind_keys: Int64Array
    values: Float64Array
    times: Int64Array


class Snapshot(NamedTuple):
    """All interactions, ordered by user and then time; see `History`.

    Attributes:
        user_keys: (n,) int64 keys of the users, ascending.
    """

    user_keys: Int64Array
    item_keys: Int64Array
    kind_keys: Int64Array
    values: Float64Array
    times: Int64Array


def record(connection: Connection, keyring: Keyring, rows: Iterable[InteractionRow]) -> Written:
    """Writes a few interactions; users, items and kinds that are missing are made.

    An interaction of the same user, time, item and kind gets the new value: the latest write wins.
    """
    raise NotImplementedError


def history(connection: Connection, ref: bytes) -> History:
    """One person's interactions; none where the person is not known."""
    raise NotImplementedError


def histories(connection: Connection, refs: Sequence[bytes]) -> Histories:
    """The interactions of each person in turn; none for those who are not known."""
    raise NotImplementedError


def snapshot(connection: Connection) -> Snapshot:
    """All interactions of everyone."""
    raise NotImplementedError
