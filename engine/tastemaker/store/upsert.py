"""Writing interactions as columns: sorted, each natural key once, the latest write winning."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import Float64Array, Int64Array
from tastemaker.store.sql.binary_arrays import array_parameters
from tastemaker.store.sql.statements import Written, row_count
from tastemaker.store.sql.tables import interaction

INTO = f"INSERT INTO {interaction.name} AS t (user_id, time, item_id, kind_id, value) "
KEEP = " ON CONFLICT DO NOTHING"
REPLACE = (
    " ON CONFLICT (user_id, time, item_id, kind_id)"
    " DO UPDATE SET value = excluded.value WHERE t.value <> excluded.value"
)
ARRAYS = (
    "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::integer[],"
    " %s::double precision[])"
)

ROWS_PER_STATEMENT = {"sqlite": 200, "postgresql": 10_000}
SLICE = 20_000


class Columns(NamedTuple):
    """Interactions as columns of equal length.

    Attributes:
        user_keys: (n,) int64 keys of the users.
        item_keys: (n,) int64 keys of the items.
        kind_keys: (n,) int64 keys of the kinds.
        values: (n,) float64.
        times: (n,) int64 microseconds since 1970 UTC; `UNTIMED` where not known.
    """

    user_keys: Int64Array
    item_keys: Int64Array
    kind_keys: Int64Array
    values: Float64Array
    times: Int64Array

    def take(self, rows: Int64Array | slice) -> Columns:
        """The chosen rows."""
        users, items, kinds, values, times = self
        return Columns(users[rows], items[rows], kinds[rows], values[rows], times[rows])


def upsert(connection: Connection, columns: Columns) -> Written:
    """Writes interactions; one whose user, time, item and kind are there gets the new value."""
    ordered = newest(columns)
    dialect = connection.dialect.name
    write = _write_sqlite if dialect == "sqlite" else _write_postgresql
    total = len(ordered.user_keys)
    new = sum(
        write(connection, ordered.take(slice(start, start + SLICE)))
        for start in range(0, total, SLICE)
    )
    return Written(new, len(columns.user_keys) - new)


def newest(columns: Columns) -> Columns:
    """The rows in the order of the table's key; of those with the same key the last one.

    Rows in that order fill the table's pages one after the other: twice as fast as any other.
    """
    keys = (columns.kind_keys, columns.item_keys, columns.times, columns.user_keys)
    order = np.lexsort(keys)
    last = np.zeros(len(order), dtype=np.bool_)
    last[-1:] = True
    for key in keys:
        last[:-1] |= key[order[1:]] != key[order[:-1]]
    return columns.take(order[last])


def _write_sqlite(connection: Connection, rows: Columns) -> int:
    flat = interleaved(rows)
    step = ROWS_PER_STATEMENT["sqlite"] * len(rows)
    new = 0
    for start in range(0, len(flat), step):
        part = tuple(flat[start : start + step])
        count = len(part) // len(rows)
        inserted = row_count(connection.exec_driver_sql(values_sql(count, KEEP), part).rowcount)
        if inserted < count:
            connection.exec_driver_sql(values_sql(count, REPLACE), part)
        new += inserted
    return new


def interleaved(rows: Columns) -> list[int | float]:
    """All values row by row, in the order of the table's columns."""
    columns = (rows.user_keys, rows.times, rows.item_keys, rows.kind_keys, rows.values)
    flat: list[int | float] = [0] * (len(columns) * len(rows.user_keys))
    for place, column in enumerate(columns):
        flat[place :: len(columns)] = column.tolist()
    return flat


@lru_cache(maxsize=2 * 256)
def values_sql(count: int, conflict: str) -> str:
    """An INSERT of `count` rows with `?` marks."""
    return f"{INTO}VALUES {', '.join(['(?, ?, ?, ?, ?)'] * count)}{conflict}"


def _write_postgresql(connection: Connection, rows: Columns) -> int:
    step = ROWS_PER_STATEMENT["postgresql"]
    new = 0
    for start in range(0, len(rows.user_keys), step):
        part = rows.take(slice(start, start + step))
        kinds = part.kind_keys.astype(np.int32)
        columns = (part.user_keys, part.times, part.item_keys, kinds, part.values)
        arrays = array_parameters(connection, columns)
        statement = INTO + ARRAYS
        inserted = row_count(connection.exec_driver_sql(statement + KEEP, arrays).rowcount)
        if inserted < len(part.user_keys):
            connection.exec_driver_sql(statement + REPLACE, arrays)
        new += inserted
    return new
