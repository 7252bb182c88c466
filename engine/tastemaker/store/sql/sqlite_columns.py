"""NumPy columns in and out of SQLite, the fastest ways that its driver has.

Measured on a million interactions when the store was designed. In: statements of 200 rows 1.28
million rows/s, `executemany` 0.71, rows in random order 0.18. Out: rows as tuples 1.0 million
rows/s; one text of whole numbers for each user, parsed by NumPy, 1.9. benchmarks/bulk.py measures
the whole of an import and of a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from tastemaker.data import Int64Array
from tastemaker.store.sql.number_table import (
    Arrays,
    NumberColumn,
    NumberTable,
    changed_rows,
    driver_rows,
    read_rows,
)

VALUES_PER_STATEMENT = 200
"""Rows of one INSERT; see above."""

SLICE_ROWS = 20_000
"""Rows that are Python numbers at a time; chosen, not measured: a few MB."""

OWNERS_PER_STATEMENT = 500
"""Whose rows a statement reads, and whose texts are parsed at a time; chosen, not measured."""

SCALE = 64
"""Multiples of 1/64 travel as whole numbers: exact, without SQLite's rounding of a float's text.
Counts and ratings are such multiples (chosen, not measured). Other values become NULL, which
group_concat leaves out: then the numbers are too few."""


def write_values(connection: Connection, table: NumberTable, arrays: Arrays) -> int:
    """Writes rows; one whose key is there already gets the new values. How many were new.

    Rows in the order of the key fill the table's pages one after the other.

    Raises:
        StoreError: the driver does not say how many rows it wrote.
    """
    new = 0
    for rows in statements_of(arrays):
        count = len(rows) // len(table.columns)
        done = connection.exec_driver_sql(values_sql(table, count, table.keep), rows)
        inserted = changed_rows(done.rowcount)
        if inserted < count:
            connection.exec_driver_sql(values_sql(table, count, table.replace), rows)
        new += inserted
    return new


def statements_of(arrays: Arrays) -> Iterator[tuple[int | float, ...]]:
    """The parameters of one statement after the other: all numbers of its rows, row by row."""
    step = VALUES_PER_STATEMENT * len(arrays)
    for start in range(0, len(arrays[0]), SLICE_ROWS):
        flat = interleaved(tuple(array[start : start + SLICE_ROWS] for array in arrays))
        for first in range(0, len(flat), step):
            yield tuple(flat[first : first + step])


def interleaved(arrays: Arrays) -> list[int | float]:
    """All numbers, row by row."""
    flat: list[int | float] = [0] * (len(arrays) * len(arrays[0]))
    for place, array in enumerate(arrays):
        flat[place :: len(arrays)] = array.tolist()
    return flat


@lru_cache(maxsize=2 * (VALUES_PER_STATEMENT + 1))
def values_sql(table: NumberTable, count: int, conflict: str) -> str:
    """An INSERT of `count` rows."""
    row = placeholders(len(table.columns))
    return f"{table.insert}VALUES {', '.join([row] * count)}{conflict}"


def placeholders(count: int) -> str:
    """`(?, ?, …)`, one for each parameter."""
    return f"({', '.join('?' * count)})"


def read_texts(connection: Connection, table: NumberTable, owners: Sequence[int] | None) -> Arrays:
    """The arrays of the owners' rows (of all, where None), in the order of the table's key."""
    if owners is None:
        return read_where(connection, table, "", ())
    parts = []
    for start in range(0, len(owners), OWNERS_PER_STATEMENT):
        some = tuple(owners[start : start + OWNERS_PER_STATEMENT])
        where = f" WHERE {table.owner} IN {placeholders(len(some))}"
        parts.append(read_where(connection, table, where, some))
    return table.joined(parts)


def read_where(
    connection: Connection, table: NumberTable, where: str, parameters: Sequence[Any]
) -> Arrays:
    """The arrays of the rows of a condition: packed into texts, or row by row."""
    packed = read_packed(connection, table, where, parameters)
    if packed is not None:
        return packed
    return read_rows(connection, table, table.select + where + table.in_key_order, parameters)


def read_packed(
    connection: Connection, table: NumberTable, where: str, parameters: Sequence[Any]
) -> Arrays | None:
    """The arrays from packed texts; None where there are numbers that do not travel so."""
    parts = []
    constants = constants_of(connection, table)
    with driver_rows(connection, packed_sql(table, constants, where), parameters) as cursor:
        while groups := cursor.fetchmany(OWNERS_PER_STATEMENT):
            part = unpacked(table, groups, constants)
            if part is None:
                return None
            parts.append(part)
    return in_key_order(table, table.joined(parts))


def constants_of(connection: Connection, table: NumberTable) -> dict[str, int]:
    """The columns all of whose numbers are the same, as the table they are ids of has one row."""
    constants = {}
    for column in table.columns:
        if column.only_of:
            two = f"SELECT id FROM {column.only_of} LIMIT 2"
            with driver_rows(connection, two) as cursor:
                ids = cursor.fetchall()
            if len(ids) == 1:
                constants[column.name] = int(ids[0][0])
    return constants


def packed_sql(table: NumberTable, constants: Mapping[str, int], where: str) -> str:
    """A SELECT of each owner, how many rows there are, and a text for each column that varies."""
    packed = [f"group_concat({exact(column)})" for column in varying(table, constants)]
    selected = ", ".join((table.owner, "count(*)", *packed))
    return f"SELECT {selected} FROM {table.name}{where} GROUP BY {table.owner} ORDER BY 1"


def varying(table: NumberTable, constants: Mapping[str, int]) -> list[NumberColumn]:
    """The columns that a packed SELECT has a text for."""
    known = (table.owner, *constants)
    return [column for column in table.columns if column.name not in known]


def exact(column: NumberColumn) -> str:
    """A column as whole numbers; NULL where it would not be exact."""
    if not column.is_float:
        return column.name
    whole = f"CAST({column.name} * {SCALE} AS INTEGER)"
    return f"iif({column.name} * {SCALE} = {whole}, {whole}, NULL)"


def unpacked(
    table: NumberTable, groups: Sequence[Any], constants: Mapping[str, int]
) -> Arrays | None:
    """The arrays of owners' packed texts; None where a number is missing.

    Args:
        table: what was read.
        groups: for each owner its id, how many rows it has, and the texts.
        constants: the columns that the texts leave out.
    """
    owners, counts, *texts = zip(*groups, strict=True)
    found: dict[str, npt.NDArray[Any]] = {
        table.owner: np.repeat(np.array(owners, dtype=np.int64), counts)
    }
    total = len(found[table.owner])
    for name, number in constants.items():
        found[name] = np.full(total, number)
    for column, packed in zip(varying(table, constants), texts, strict=True):
        numbers: npt.NDArray[Any] = whole_numbers([text for text in packed if text is not None])
        if len(numbers) < total:
            return None
        found[column.name] = numbers / SCALE if column.is_float else numbers
    return tuple(found[column.name].astype(column.dtype, copy=False) for column in table.columns)


def whole_numbers(texts: Sequence[str]) -> Int64Array:
    """The numbers in texts that separate them by commas."""
    return np.fromstring(",".join(texts), dtype=np.int64, sep=",")


def in_key_order(table: NumberTable, arrays: Arrays) -> Arrays:
    """The same rows in the order of the table's key.

    SQLite concatenates along the table's key, so they are; but its manual does not promise it.
    """
    keys = table.keys_of(arrays)
    owners, second = keys[0], keys[1]
    if not np.any((second[1:] < second[:-1]) & (owners[1:] == owners[:-1])):
        return arrays
    order = np.lexsort(keys[::-1])
    return tuple(array[order] for array in arrays)
