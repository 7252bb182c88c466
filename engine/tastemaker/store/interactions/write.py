"""Writing interactions: sorted, each natural key once, the latest write winning."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sqlalchemy import Connection

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.declaring import ensure_items
from tastemaker.store.interactions.columns import (
    INTERACTION_COLUMNS,
    INTERACTIONS,
    InteractionColumns,
)
from tastemaker.store.kinds import ensure_kinds
from tastemaker.store.sql.number_table import Arrays, NumberTable
from tastemaker.store.sql.statements import Written
from tastemaker.store.sql.supported import dialect_of
from tastemaker.store.users.rows import ensure_users
from tastemaker.validation import InteractionRow


def record(
    connection: Connection,
    keyring: Keyring,
    rows: Iterable[InteractionRow],
    declared: bool = False,
) -> Written:
    """Writes a few interactions; users, items and kinds that are missing are made.

    An interaction of the same user, time, item and kind gets the new value: the latest write wins.

    Args:
        connection: in a writing transaction.
        keyring: finds and seals the users.
        rows: the interactions.
        declared: whether the operator names the items, and not somebody who uses the application.
    """
    given = list(rows)
    if not given:
        return Written(0, 0)
    # Always in this order, as every writer does: so none waits for another in a ring.
    keys = {
        "user_id": ensure_users(connection, keyring, dict.fromkeys(row.user_id for row in given)),
        "item_id": ensure_items(connection, dict.fromkeys(row.item_id for row in given), declared),
        "kind_id": ensure_kinds(connection, (row.kind for row in given)),
    }
    arrays = []
    for column in INTERACTION_COLUMNS:
        fields = [getattr(row, column.row) for row in given]
        known = keys.get(column.name)
        numbers = fields if known is None else [known[name] for name in fields]
        arrays.append(np.array(numbers, dtype=column.dtype))
    return upsert(connection, InteractionColumns(*arrays))


def upsert(connection: Connection, columns: InteractionColumns) -> Written:
    """Writes interactions; one whose user, time, item and kind are there gets the new value."""
    newest = latest_of_each(INTERACTIONS, columns.arrays)
    new = dialect_of(connection).upsert_columns(connection, INTERACTIONS, newest)
    return Written(new, len(columns) - new)


def latest_of_each(table: NumberTable, arrays: Arrays) -> Arrays:
    """The rows in the order of the table's key; of those with the same key the last one.

    Rows in that order fill the table's pages one after the other: three times as fast as in random
    order (0.58 and 0.18 million rows/s into SQLite, 20 million rows, when the store was designed).
    """
    keys = table.keys_of(arrays)[::-1]
    order = np.lexsort(keys)
    last = np.zeros(len(order), dtype=np.bool_)
    last[-1:] = True
    for key in keys:
        last[:-1] |= key[order[1:]] != key[order[:-1]]
    return tuple(array[order[last]] for array in arrays)
