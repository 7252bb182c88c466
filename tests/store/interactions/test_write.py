from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy.exc import IntegrityError

from tastemaker.data import Float64Array
from tastemaker.errors import StoreError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.columns import INTERACTIONS, InteractionColumns
from tastemaker.store.interactions.read import histories, history, snapshot
from tastemaker.store.interactions.write import latest_of_each, record, upsert
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.number_table import read_rows
from tastemaker.store.sql.statements import Written
from tastemaker.validation import InteractionRow

SECOND = 1_000_000

MakeColumns = Callable[..., InteractionColumns]


def test_the_latest_write_wins(
    filled: Database, keyring: Keyring, rows: list[InteractionRow]
) -> None:
    with filled.writing() as connection:
        again = [rows[0]._replace(value=2.0), rows[0]._replace(value=7.0)]
        assert record(connection, keyring, again) == Written(0, 2)
        assert history(connection, keyring.ref("bob")).values.tolist() == [7.0]
        other = rows[0]._replace(kind="purchase")
        assert record(connection, keyring, [other]) == Written(1, 0)
        assert record(connection, keyring, []) == Written(0, 0)


@pytest.mark.parametrize("kinds", [("view", "purchase"), ("view",)])
@pytest.mark.parametrize("scale", [1.0, 0.5, 1 / 64, 0.1, 1e-300, 1e14])
def test_values_come_back_to_the_last_bit(
    database: Database, columns: MakeColumns, scale: float, kinds: tuple[str, ...]
) -> None:
    values: Float64Array = np.arange(-300, 300, dtype=np.float64) * scale
    written = columns(values, kinds)
    with database.writing() as connection:
        upsert(connection, written)
    with database.reading() as connection:
        everything = snapshot(connection)
        statement = INTERACTIONS.select + INTERACTIONS.in_key_order
        rows = read_rows(connection, INTERACTIONS, statement)
    expected = written.take(np.lexsort((written.times, written.user_keys)))
    for one, two, three in zip(everything.arrays, rows, expected.arrays, strict=True):
        assert one.tolist() == two.tolist() == three.tolist()


def test_more_rows_than_a_slice_and_again(database: Database, columns: MakeColumns) -> None:
    many = columns(np.ones(25_003))
    total = len(latest_of_each(INTERACTIONS, many.arrays)[0])
    with database.writing() as connection:
        assert upsert(connection, many) == Written(total, len(many) - total)
        assert upsert(connection, many) == Written(0, len(many))
        assert len(snapshot(connection)) == total


def test_rows_are_sorted_and_the_last_of_equal_ones_stays() -> None:
    ones = np.ones(4, dtype=np.int64)
    columns = InteractionColumns(
        user_keys=np.array([2, 1, 2, 1]),
        item_keys=ones,
        kind_keys=ones,
        values=np.array([1.0, 2.0, 3.0, 4.0]),
        times=np.array([5, 5, 5, 4]),
    )
    newest = InteractionColumns(*latest_of_each(INTERACTIONS, columns.arrays))
    assert newest.user_keys.tolist() == [1, 1, 2]
    assert newest.times.tolist() == [4, 5, 5]
    assert newest.values.tolist() == [4.0, 2.0, 3.0]


def test_an_interaction_with_an_unknown_item_is_no_interaction(
    database: Database, columns: MakeColumns
) -> None:
    unknown = replace(columns(np.ones(3)), item_keys=np.array([99, 99, 99]))
    with pytest.raises(StoreError, match=IntegrityError.__name__), database.writing() as connection:
        upsert(connection, unknown)


def test_processes_that_record_the_same_make_it_once(
    database: Database, keyring: Keyring, at_once: Callable[[int, Callable[[int], None]], list[int]]
) -> None:
    rows = [InteractionRow(f"u{n % 7}", f"i{n % 5}", "view", 1.0, n * SECOND) for n in range(35)]

    def work(number: int) -> None:
        for row in (*rows[number * 7 :], *rows[: number * 7]):
            with database.writing() as connection:
                record(connection, keyring, [row])

    assert at_once(4, work) == [0] * 4
    with database.reading() as connection:
        assert len(snapshot(connection)) == 35
        refs = [keyring.ref(f"u{n}") for n in range(7)]
        lengths = np.diff(histories(connection, refs).indptr)
    assert lengths.tolist() == [5] * 7
