"""Reading interactions: one person's, many people's, or everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from tastemaker.data import Int64Array
from tastemaker.store.interactions.columns import INTERACTIONS, InteractionColumns
from tastemaker.store.kinds import TOLD_KINDS
from tastemaker.store.sql.damage import damage_named
from tastemaker.store.sql.statements import batches, fetch, marks
from tastemaker.store.sql.supported import dialect_of
from tastemaker.store.sql.tables import interaction, kind, user
from tastemaker.store.users.finding import KEY_OF_REF, find_users

MOST_READ = 2_000
"""How many of a person's interactions an answer looks at, the newest: whoever has a million costs
no more than one who has these. Chosen: what a person chose by hand is hardly ever as much."""

ONE_PERSON = f"{INTERACTIONS.select} WHERE user_id = ({KEY_OF_REF}){INTERACTIONS.from_last} LIMIT ?"

LONGER_THAN = (
    f"SELECT id FROM {user.name} WHERE id IN {{users}} AND EXISTS"
    f" (SELECT 1 FROM {INTERACTIONS.name} WHERE user_id = {user.name}.id LIMIT 1 OFFSET ?)"
)
"""Finds the users with more interactions than a number, and reads one more than that at most."""

MOST_LOOKED_THROUGH = 50_000
"""Of longer histories what the person told is looked for in so many of the newest interactions: who
never wants to see an item again said so once, perhaps long ago. Chosen."""

TOLD_BEFORE = (
    f"SELECT {', '.join(INTERACTIONS.names)} FROM ({INTERACTIONS.select} WHERE user_id = ?"
    f"{INTERACTIONS.from_last} LIMIT ? OFFSET ?) AS older WHERE kind_id IN"
    f" (SELECT id FROM {kind.name} WHERE name IN {marks(tuple(TOLD_KINDS))})"
    f"{INTERACTIONS.from_last}"
)

OF_ONE = f"{INTERACTIONS.select} WHERE user_id = ?{INTERACTIONS.from_last} LIMIT ?"


@dataclass(frozen=True)
class StoredHistories:
    """Many people's interactions as they are stored, person after person.

    Within a person the oldest comes first, and untimed ones before all others.

    Attributes:
        indptr: (n_people + 1,) int64; the rows of person p are indptr[p]:indptr[p + 1].
        rows: the interactions.
    """

    indptr: Int64Array
    rows: InteractionColumns


def history(connection: Connection, ref: bytes, newest: int = MOST_READ) -> InteractionColumns:
    """One person's newest interactions, oldest first; none where the person is not known.

    Args:
        connection: in a transaction.
        ref: the person's.
        newest: how many are read at most.

    Raises:
        StoreError: a row of the person's is damaged.
    """
    return _from_last(connection, ONE_PERSON, (ref, newest))


def _from_last(
    connection: Connection, statement: str, parameters: Sequence[object]
) -> InteractionColumns:
    """The interactions that a statement selects, which has the newest first; oldest first."""
    rows = fetch(connection, statement, parameters)[::-1]
    numbers = zip(*rows, strict=True) if rows else [()] * len(INTERACTIONS.columns)
    pairs = zip(INTERACTIONS.columns, numbers, strict=True)
    with damage_named("a history"):
        arrays = [np.array(numbers, dtype=column.dtype) for column, numbers in pairs]
    return InteractionColumns(*arrays)


def histories(
    connection: Connection, refs: Sequence[bytes], newest: int = MOST_READ
) -> StoredHistories:
    """The newest interactions of each person in turn; none for those who are not known.

    Of each at most `newest`, and what the person told before that. One person alone is read by the
    quicker query.
    """
    if len(refs) == 1:
        one = _with_told(connection, history(connection, refs[0], newest), newest)
        return StoredHistories(np.array([0, len(one)], dtype=np.int64), one)
    found = find_users(connection, dict.fromkeys(refs))
    rows = _newest_of(connection, sorted(found.values()), newest)
    return in_turn(rows, np.array([found.get(ref, 0) for ref in refs], dtype=np.int64))


def _newest_of(connection: Connection, user_keys: list[int], newest: int) -> InteractionColumns:
    """The newest interactions of some users, each user's together and oldest first."""
    long: set[int] = set()
    for batch in batches(user_keys):
        statement = LONGER_THAN.format(users=marks(batch))
        long.update(key for (key,) in fetch(connection, statement, (*batch, newest)))
    rows = interactions_of(connection, [key for key in user_keys if key not in long])
    parts = [
        _with_told(connection, _from_last(connection, OF_ONE, (key, newest)), newest)
        for key in sorted(long)
    ]
    if not parts:
        return rows
    together = joined_columns((rows, *parts))
    return together.take(np.argsort(together.user_keys, kind="stable"))


def _with_told(connection: Connection, rows: InteractionColumns, newest: int) -> InteractionColumns:
    """One person's newest interactions, and before them what was told earlier, if there is more."""
    if not newest or len(rows) < newest:
        return rows
    user_key = int(rows.user_keys[0])
    parameters = (user_key, MOST_LOOKED_THROUGH, newest, *TOLD_KINDS)
    return joined_columns((_from_last(connection, TOLD_BEFORE, parameters), rows))


def joined_columns(parts: Sequence[InteractionColumns]) -> InteractionColumns:
    """The interactions of all parts, one part after the other."""
    columns = zip(*(part.arrays for part in parts), strict=True)
    return InteractionColumns(*map(np.concatenate, columns))


def in_turn(rows: InteractionColumns, user_keys: Int64Array) -> StoredHistories:
    """The interactions of each user in turn, who may come more than once or have none.

    Args:
        rows: interactions of these users, each user's together, by ascending key.
        user_keys: (n_people,) int64 keys of the users; 0 for somebody unknown.
    """
    keys, starts, counts = np.unique(rows.user_keys, return_index=True, return_counts=True)
    if not len(keys):
        return StoredHistories(np.zeros(len(user_keys) + 1, dtype=np.int64), rows)
    place = np.searchsorted(keys, user_keys)
    place[place == len(keys)] = 0
    lengths = np.where(keys[place] == user_keys, counts[place], 0)
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    source = np.arange(indptr[-1]) + np.repeat(starts[place] - indptr[:-1], lengths)
    return StoredHistories(indptr, rows.take(source))


def interactions_of(connection: Connection, user_keys: Sequence[int]) -> InteractionColumns:
    """The interactions of some users, by user and then time."""
    dialect = dialect_of(connection)
    return InteractionColumns(*dialect.read_columns(connection, INTERACTIONS, user_keys))


def snapshot(connection: Connection) -> InteractionColumns:
    """All interactions of everyone, ordered by user and then time."""
    dialect = dialect_of(connection)
    return InteractionColumns(*dialect.read_columns(connection, INTERACTIONS, None))


def item_counts(connection: Connection) -> tuple[Int64Array, Int64Array]:
    """The keys of the items that anybody chose, ascending, and by how many people.

    A person counts once for an item, however often: nobody alone makes it popular. Interactions of
    a kind without a positive weight do not count.
    """
    chosen = select(kind.c.id).where(kind.c.weight > 0)
    counted = select(interaction.c.item_id, func.count(interaction.c.user_id.distinct())).group_by(
        interaction.c.item_id
    )
    counted = counted.where(interaction.c.kind_id.in_(chosen)).order_by(interaction.c.item_id)
    rows = connection.execute(counted).all()
    keys, counts = zip(*rows, strict=True) if rows else ((), ())
    return np.array(keys, dtype=np.int64), np.array(counts, dtype=np.int64)
