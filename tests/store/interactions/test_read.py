from __future__ import annotations

import numpy as np
import pytest

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.declaring import ensure_items
from tastemaker.store.interactions.read import (
    LONGER_THAN,
    OF_ONE,
    ONE_PERSON,
    histories,
    history,
    item_counts,
    snapshot,
)
from tastemaker.store.interactions.write import record
from tastemaker.store.items import find_items, iterate_items
from tastemaker.store.kinds import read_kinds, set_kind
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import fetch
from tastemaker.validation import UNTIMED, InteractionRow, ItemRow

SECOND = 1_000_000


def test_a_history_is_in_order_with_untimed_ones_first(filled: Database, keyring: Keyring) -> None:
    with filled.reading() as connection:
        found = history(connection, keyring.ref("alice"))
        names = {row.item_id: key for key, row in items_by_key(filled).items()}
        kinds = {kind.name: kind.key for kind in read_kinds(connection)}
    assert found.times.tolist() == [UNTIMED, SECOND, 2 * SECOND]
    assert found.item_keys.tolist() == [names["cup"], names["tea"], names["mug"]]
    assert found.values.tolist() == [1.0, 2.5, 1.0]
    assert found.kind_keys.tolist() == [kinds[n] for n in ("interaction", "purchase", "view")]


def items_by_key(database: Database) -> dict[int, ItemRow]:
    with database.reading() as connection:
        rows = list(iterate_items(connection))
        keys = ensure_items(connection, [row.item_id for row in rows])
    return {keys[row.item_id]: row for row in rows}


def test_nobody_has_an_empty_history(filled: Database, keyring: Keyring) -> None:
    with filled.reading() as connection:
        found = history(connection, keyring.ref("nobody"))
        assert [len(array) for array in found.arrays] == [0, 0, 0, 0, 0]
        assert histories(connection, [keyring.ref("nobody")]).indptr.tolist() == [0, 0]
        assert histories(connection, []).indptr.tolist() == [0]


def test_many_histories_come_in_the_order_of_the_request(
    filled: Database, keyring: Keyring
) -> None:
    names = ["nobody", "bob", "alice", "bob", "zoe"]
    refs = [keyring.ref(name) for name in names]
    with filled.reading() as connection:
        many = histories(connection, refs)
        for place, ref in enumerate(refs):
            one = history(connection, ref)
            rows = slice(many.indptr[place], many.indptr[place + 1])
            for array, expected in zip(many.rows.arrays, one.arrays, strict=True):
                assert array[rows].tolist() == expected.tolist()
            alone = histories(connection, [ref])
            assert alone.indptr.tolist() == [0, len(one)]
            assert alone.rows.times.tolist() == one.times.tolist()
    assert np.diff(many.indptr).tolist() == [0, 1, 3, 1, 0]


def test_of_a_long_history_only_the_newest_is_read(filled: Database, keyring: Keyring) -> None:
    refs = [keyring.ref(name) for name in ("bob", "alice", "nobody", "alice")]
    with filled.reading() as connection:
        whole = history(connection, refs[1])
        for newest in (0, 1, 2, 3):
            kept = max(0, len(whole) - newest)
            expected = [array[kept:].tolist() for array in whole.arrays]
            alone = history(connection, refs[1], newest)
            assert [array.tolist() for array in alone.arrays] == expected
            many = histories(connection, refs, newest)
            assert np.diff(many.indptr).tolist() == [min(1, newest), newest, 0, newest]
            rows = slice(many.indptr[1], many.indptr[2])
            assert [array[rows].tolist() for array in many.rows.arrays] == expected


def test_what_was_told_is_read_however_long_ago(filled: Database, keyring: Keyring) -> None:
    rows = [InteractionRow("alice", "mug", "never", 1.0, SECOND // 2)]
    with filled.writing() as connection:
        record(connection, keyring, rows)
        never = {one.name: one.key for one in read_kinds(connection)}["never"]
    refs = [keyring.ref("alice"), keyring.ref("bob")]
    with filled.reading() as connection:
        for found in (histories(connection, refs, 1), histories(connection, refs[:1], 1)):
            assert int(found.indptr[1]) == 2
            assert found.rows.kind_keys[0] == never
            assert found.rows.times[:2].tolist() == [SECOND // 2, 2 * SECOND]
        assert len(history(connection, refs[0], 1)) == 1


def test_a_long_history_is_read_from_its_end(filled: Database) -> None:
    if filled.engine.dialect.name != "sqlite":
        pytest.skip("how PostgreSQL reads depends on how many rows there are")
    for statement in (ONE_PERSON, OF_ONE, LONGER_THAN.format(users="(?)")):
        with filled.reading() as connection:
            steps = fetch(connection, f"EXPLAIN QUERY PLAN {statement}", (b"", 1))
        assert not any("TEMP B-TREE" in str(step) for step in steps)
        assert any("SEARCH tastemaker_interaction USING" in str(step) for step in steps)


def test_the_snapshot_is_everything_by_user_and_time(filled: Database) -> None:
    with filled.reading() as connection:
        everything = snapshot(connection)
    assert len(everything) == 4
    order = np.lexsort((everything.times, everything.user_keys))
    assert order.tolist() == [0, 1, 2, 3]


def test_an_empty_database_gives_an_empty_snapshot(database: Database, keyring: Keyring) -> None:
    with database.reading() as connection:
        everything = snapshot(connection)
        assert [array.dtype for array in everything.arrays] == ["i8", "i8", "i8", "f8", "i8"]
        assert all(len(array) == 0 for array in everything.arrays)
        refs = [keyring.ref("a"), keyring.ref("b")]
        assert histories(connection, refs).indptr.tolist() == [0, 0, 0]
        assert len(histories(connection, refs).rows) == 0
        keys, counts = item_counts(connection)
        assert len(keys) == len(counts) == 0


def test_items_are_counted(filled: Database) -> None:
    with filled.reading() as connection:
        keys, counts = item_counts(connection)
    named = {row.item_id: key for key, row in items_by_key(filled).items()}
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == {
        named["tea"]: 2,
        named["mug"]: 1,
        named["cup"]: 1,
    }


def test_what_does_not_count_is_not_counted(filled: Database) -> None:
    with filled.writing() as connection:
        set_kind(connection, "purchase", -1.0)
        set_kind(connection, "view", 0.0)
    with filled.reading() as connection:
        keys, counts = item_counts(connection)
        everything = snapshot(connection)
        kinds = {kind.key: kind.name for kind in read_kinds(connection)}
    chosen = [key for key in everything.kind_keys.tolist() if kinds[key] == "interaction"]
    assert counts.sum() == len(chosen)


def test_a_person_counts_once_for_an_item(database: Database, keyring: Keyring) -> None:
    flood = [InteractionRow("one", "flooded", "view", 1.0, second) for second in range(300)]
    fair = [InteractionRow(f"person {number}", "liked", "view", 1.0, 5) for number in range(3)]
    with database.writing() as connection:
        record(connection, keyring, [*flood, *fair])
        keys, counts = item_counts(connection)
        names = {key: name for name, key in find_items(connection, ["flooded", "liked"]).items()}
    assert {
        names[key]: count for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
    } == {
        "flooded": 1,
        "liked": 3,
    }
