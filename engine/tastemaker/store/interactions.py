"""Interactions: recording them live, reading one person's, many people's, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select

from tastemaker.data import Float64Array, Int64Array
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.items import ensure_items
from tastemaker.store.kinds import ensure_kinds
from tastemaker.store.reading import read_all, read_of
from tastemaker.store.sql.statements import Written, fetch
from tastemaker.store.sql.tables import interaction
from tastemaker.store.upsert import Columns, upsert
from tastemaker.store.user_rows import KEY_OF_REF, find_users
from tastemaker.store.users import ensure_users
from tastemaker.validation import InteractionRow

ONE_PERSON = (
    f"SELECT item_id, kind_id, value, time FROM {interaction.name}"
    f" WHERE user_id = ({KEY_OF_REF}) ORDER BY time, item_id, kind_id"
)


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


def record(connection: Connection, keyring: Keyring, rows: Iterable[InteractionRow]) -> Written:
    """Writes a few interactions; users, items and kinds that are missing are made.

    An interaction of the same user, time, item and kind gets the new value: the latest write wins.
    """
    given = list(rows)
    if not given:
        return Written(0, 0)
    # Always in this order, as every writer does: so none waits for another in a ring.
    users = ensure_users(connection, keyring, dict.fromkeys(row.user_id for row in given))
    items = ensure_items(connection, dict.fromkeys(row.item_id for row in given))
    kinds = ensure_kinds(connection, (row.kind for row in given))
    columns = Columns(
        np.array([users[row.user_id] for row in given], dtype=np.int64),
        np.array([items[row.item_id] for row in given], dtype=np.int64),
        np.array([kinds[row.kind] for row in given], dtype=np.int64),
        np.array([row.value for row in given], dtype=np.float64),
        np.array([row.time for row in given], dtype=np.int64),
    )
    return upsert(connection, columns)


def history(connection: Connection, ref: bytes) -> History:
    """One person's interactions; none where the person is not known."""
    rows = fetch(connection, ONE_PERSON, (ref,))
    item_keys, kind_keys, values, times = zip(*rows, strict=True) if rows else ((), (), (), ())
    return History(
        np.array(item_keys, dtype=np.int64),
        np.array(kind_keys, dtype=np.int64),
        np.array(values, dtype=np.float64),
        np.array(times, dtype=np.int64),
    )


def histories(connection: Connection, refs: Sequence[bytes]) -> Histories:
    """The interactions of each person in turn; none for those who are not known."""
    found = find_users(connection, dict.fromkeys(refs))
    columns = read_of(connection, sorted(found.values()))
    keys, starts, counts = np.unique(columns.user_keys, return_index=True, return_counts=True)
    wanted = np.array([found.get(ref, 0) for ref in refs], dtype=np.int64)
    place = np.searchsorted(keys, wanted)
    place[place == len(keys)] = 0
    known = keys[place] == wanted if len(keys) else np.zeros(len(wanted), dtype=np.bool_)
    lengths = np.zeros(len(wanted), dtype=np.int64)
    lengths[known] = counts[place[known]]
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    first = starts[place] if len(keys) else np.zeros(len(wanted), dtype=np.int64)
    source = np.arange(indptr[-1]) + np.repeat(first - indptr[:-1], lengths)
    chosen = columns.take(source)
    return Histories(indptr, chosen.item_keys, chosen.kind_keys, chosen.values, chosen.times)


def snapshot(connection: Connection) -> Columns:
    """All interactions of everyone, ordered by user and then time."""
    return read_all(connection)


def item_counts(connection: Connection) -> tuple[Int64Array, Int64Array]:
    """The keys of the items anybody had to do with, ascending, and by how many interactions."""
    counted = select(interaction.c.item_id, func.count()).group_by(interaction.c.item_id)
    rows = connection.execute(counted.order_by(interaction.c.item_id)).all()
    keys, counts = zip(*rows, strict=True) if rows else ((), ())
    return np.array(keys, dtype=np.int64), np.array(counts, dtype=np.int64)
