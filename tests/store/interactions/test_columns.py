"""One description of the columns: the table agrees with it, and everything else follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from sqlalchemy import BigInteger, Column, Connection, Double, Integer, MetaData, Table, insert

from tastemaker.data import Float64Array, Int64Array
from tastemaker.io.spool import Spool
from tastemaker.store.crypto.sealed_column import FORMAT, SealedBytes
from tastemaker.store.interactions.bulk import Segment
from tastemaker.store.interactions.columns import (
    FILE_COLUMNS,
    INTERACTION_COLUMNS,
    INTERACTIONS,
    InteractionColumns,
    column_field,
    columns_of,
    table_of,
)
from tastemaker.store.interactions.write import latest_of_each
from tastemaker.store.sql.number_table import NumberTable, read_rows
from tastemaker.store.sql.postgresql_columns import copied_row, unnest_sql
from tastemaker.store.sql.supported import dialect_of
from tastemaker.store.sql.tables import interaction, kind
from tastemaker.validation import UNTIMED, InteractionRow, check_value

SQL_TYPES = {np.dtype("i8"): BigInteger, np.dtype("i4"): Integer, np.dtype("f8"): Double}


@dataclass(frozen=True)
class LongerColumns(InteractionColumns):
    """Interactions with two more columns than there are."""

    ratings: Float64Array = column_field(
        "rating", np.float64, row="rating", file="rating", check=check_value
    )
    places: Int64Array = column_field(
        "place", np.int32, row="place", file="place", check=check_value
    )


LONGER = columns_of(LongerColumns)


def test_the_table_of_interactions_is_as_the_columns_describe_it() -> None:
    by_name = {column.name: column for column in INTERACTION_COLUMNS}
    assert set(by_name) == set(interaction.c.keys())
    for name, column in by_name.items():
        assert isinstance(interaction.c[name].type, SQL_TYPES[column.stored])
        assert not interaction.c[name].nullable
    assert INTERACTIONS.key == ("user_id", "time", "item_id", "kind_id")


def test_a_row_that_may_come_in_has_the_fields_that_the_columns_name() -> None:
    assert tuple(column.row for column in INTERACTION_COLUMNS) == InteractionRow._fields
    defaults = InteractionRow._field_defaults
    for column in INTERACTION_COLUMNS:
        if column.check is not None:
            assert column.checked(None) == defaults[column.row]


def test_the_columns_of_files_are_those_that_are_documented() -> None:
    assert FILE_COLUMNS == ("user_id", "item_id", "kind", "value", "timestamp")


def test_the_statements_name_every_column() -> None:
    table = table_of(LONGER)
    assert table.select == (
        "SELECT user_id, item_id, kind_id, value, time, rating, place FROM tastemaker_interaction"
    )
    assert table.insert == (
        "INSERT INTO tastemaker_interaction AS t"
        " (user_id, item_id, kind_id, value, time, rating, place) "
    )
    assert table.replace == (
        " ON CONFLICT (user_id, time, item_id, kind_id) DO UPDATE SET value = excluded.value,"
        " rating = excluded.rating, place = excluded.place WHERE t.value <> excluded.value"
        " OR t.rating <> excluded.rating OR t.place <> excluded.place"
    )
    assert unnest_sql(table).endswith("?::bigint[], ?::double precision[], ?::integer[])")


def test_the_dtypes_hold_every_column() -> None:
    table = table_of(LONGER)
    assert table.row_dtype.names == table.names
    assert [table.row_dtype[name].str for name in ("kind_id", "rating", "place")] == [
        "<i8",
        "<f8",
        "<i8",
    ]
    # How many fields; then for each its length and its bytes, three integers and two of 4 bytes.
    assert copied_row(table).itemsize == 2 + 7 * 4 + 3 * 8 + 2 * 4 + 2 * 8


@pytest.fixture
def longer_table(connection: Connection) -> NumberTable:
    """A table that has the two columns more, and one kind."""
    types = [SQL_TYPES[column.stored] for column in LONGER]
    key = INTERACTIONS.key
    table = Table(
        "longer_interaction",
        MetaData(),
        *(
            Column(column.name, kind_of, primary_key=column.name in key, autoincrement=False)
            for column, kind_of in zip(LONGER, types, strict=True)
        ),
    )
    table.create(connection)
    connection.execute(insert(kind), {"id": 7, "name": "view", "weight": 1.0})
    return NumberTable(table.name, LONGER, key)


@pytest.mark.parametrize("rating", [0.25, 0.1])  # the second does not travel as a whole number
def test_every_column_is_written_replaced_and_read(
    connection: Connection, longer_table: NumberTable, rating: float
) -> None:
    count = 1_003
    columns = LongerColumns(
        user_keys=np.arange(count) // 3,
        item_keys=np.arange(count) % 3,
        kind_keys=np.full(count, 7),
        values=np.arange(count) / 2,
        times=np.full(count, UNTIMED),
        ratings=np.full(count, rating),
        places=np.arange(count) - 500,
    )
    dialect = dialect_of(connection)
    rows = latest_of_each(longer_table, columns.arrays)
    assert dialect.upsert_columns(connection, longer_table, rows) == count
    moved = [*rows[:-1], rows[-1] + 1]
    assert dialect.upsert_columns(connection, longer_table, tuple(moved)) == 0
    statement = longer_table.select + longer_table.in_key_order
    for found in (
        dialect.read_columns(connection, longer_table, None),
        read_rows(connection, longer_table, statement),
    ):
        assert [array.dtype for array in found] == [column.dtype for column in LONGER]
        for array, expected in zip(found, moved, strict=True):
            assert array.tolist() == expected.tolist()
    few = LongerColumns(*dialect.read_columns(connection, longer_table, [2, 5]))
    assert few.user_keys.tolist() == [2, 2, 2, 5, 5, 5]
    assert few.places.tolist() == [-493, -492, -491, -484, -483, -482]


def test_every_column_goes_through_the_spool() -> None:
    sealed = SealedBytes(FORMAT + bytes(46))
    columns = {column.name: np.arange(3).astype(column.dtype) for column in LONGER}
    segment = Segment([b"r" * 16, b"s" * 16], [sealed, None], ["tea"], ["view"], columns, 2**32 - 1)
    with Spool(LONGER) as spool:
        assert spool.append(segment) == 3
        assert spool.append(None) == 0
        (back,) = spool.segments()
    assert back.index_key == 2**32 - 1
    assert (back.refs, back.sealed, back.item_ids, back.kinds) == (
        segment.refs,
        segment.sealed,
        segment.item_ids,
        segment.kinds,
    )
    assert list(back.columns) == [column.name for column in LONGER]
    for name, column in columns.items():
        assert back.columns[name].dtype == column.dtype
        assert back.columns[name].tolist() == column.tolist()
