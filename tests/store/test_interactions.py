from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy.exc import IntegrityError

from tastemaker.data import Float64Array
from tastemaker.errors import StoreError
from tastemaker.store import interactions, reading, upsert
from tastemaker.store.bulk import Segment, write_segment
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.items import ensure_items, iterate_items
from tastemaker.store.kinds import Kind, ensure_kinds, read_kinds, set_weight
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written
from tastemaker.store.users import ensure_users, forget_user
from tastemaker.validation import UNTIMED, InteractionRow, ItemRow

SECOND = 1_000_000
ROWS = [
    InteractionRow("bob", "tea", "view", 1.0, 3 * SECOND),
    InteractionRow("alice", "mug", "view", 1.0, 2 * SECOND),
    InteractionRow("alice", "tea", "purchase", 2.5, SECOND),
    InteractionRow("alice", "cup"),
]


@pytest.fixture
def filled(database: Database, keyring: Keyring) -> Database:
    with database.writing() as connection:
        assert interactions.record(connection, keyring, ROWS) == Written(4, 0)
    return database


def test_a_history_is_in_order_with_untimed_ones_first(filled: Database, keyring: Keyring) -> None:
    with filled.reading() as connection:
        history = interactions.history(connection, keyring.ref("alice"))
        names = {row.item_id: key for key, row in items_by_key(filled).items()}
        kinds = {kind.name: kind.key for kind in read_kinds(connection)}
    assert history.times.tolist() == [UNTIMED, SECOND, 2 * SECOND]
    assert history.item_keys.tolist() == [names["cup"], names["tea"], names["mug"]]
    assert history.values.tolist() == [1.0, 2.5, 1.0]
    assert history.kind_keys.tolist() == [kinds[n] for n in ("interaction", "purchase", "view")]


def items_by_key(database: Database) -> dict[int, ItemRow]:
    with database.reading() as connection:
        rows = list(iterate_items(connection))
        keys = ensure_items(connection, [row.item_id for row in rows])
    return {keys[row.item_id]: row for row in rows}


def test_nobody_has_an_empty_history(filled: Database, keyring: Keyring) -> None:
    with filled.reading() as connection:
        history = interactions.history(connection, keyring.ref("nobody"))
        assert [len(column) for column in history] == [0, 0, 0, 0]
        none = interactions.histories(connection, [])
        assert none.indptr.tolist() == [0]


def test_many_histories_come_in_the_order_asked_for(filled: Database, keyring: Keyring) -> None:
    names = ["nobody", "bob", "alice", "bob", "zoe"]
    refs = [keyring.ref(name) for name in names]
    with filled.reading() as connection:
        many = interactions.histories(connection, refs)
        for place, ref in enumerate(refs):
            one = interactions.history(connection, ref)
            rows = slice(many.indptr[place], many.indptr[place + 1])
            for column, expected in zip(many[1:], one, strict=True):
                assert column[rows].tolist() == expected.tolist()
    assert np.diff(many.indptr).tolist() == [0, 1, 3, 1, 0]


def test_the_snapshot_is_everything_by_user_and_time(filled: Database) -> None:
    with filled.reading() as connection:
        snapshot = interactions.snapshot(connection)
    assert len(snapshot.times) == 4
    order = np.lexsort((snapshot.times, snapshot.user_keys))
    assert order.tolist() == [0, 1, 2, 3]


def test_an_empty_database_gives_an_empty_snapshot(database: Database, keyring: Keyring) -> None:
    with database.reading() as connection:
        snapshot = interactions.snapshot(connection)
        assert [column.dtype for column in snapshot] == ["i8", "i8", "i8", "f8", "i8"]
        assert all(len(column) == 0 for column in snapshot)
        assert len(interactions.histories(connection, [keyring.ref("a")]).times) == 0
        keys, counts = interactions.item_counts(connection)
        assert len(keys) == len(counts) == 0


def test_the_latest_write_wins(filled: Database, keyring: Keyring) -> None:
    with filled.writing() as connection:
        again = [ROWS[0]._replace(value=2.0), ROWS[0]._replace(value=7.0)]
        assert interactions.record(connection, keyring, again) == Written(0, 2)
        assert interactions.history(connection, keyring.ref("bob")).values.tolist() == [7.0]
        other = ROWS[0]._replace(kind="purchase")
        assert interactions.record(connection, keyring, [other]) == Written(1, 0)
        assert interactions.record(connection, keyring, []) == Written(0, 0)


def test_items_are_counted(filled: Database) -> None:
    with filled.reading() as connection:
        keys, counts = interactions.item_counts(connection)
    named = {row.item_id: key for key, row in items_by_key(filled).items()}
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == {
        named["tea"]: 2,
        named["mug"]: 1,
        named["cup"]: 1,
    }


@pytest.mark.parametrize("kinds", [("view", "purchase"), ("view",)])
@pytest.mark.parametrize("scale", [1.0, 0.5, 1 / 64, 0.1, 1e-300, 1e14])
def test_values_come_back_to_the_last_bit(
    database: Database, keyring: Keyring, scale: float, kinds: tuple[str, ...]
) -> None:
    values = np.arange(-300, 300, dtype=np.float64) * scale
    columns = some(database, keyring, values, kinds)
    with database.writing() as connection:
        upsert.upsert(connection, columns)
    with database.reading() as connection:
        snapshot = interactions.snapshot(connection)
        rows = reading._read_rows(connection, "", ())
    expected = columns.take(np.lexsort((columns.times, columns.user_keys)))
    for one, two, three in zip(snapshot, rows, expected, strict=True):
        assert one.tolist() == two.tolist() == three.tolist()


def some(
    database: Database,
    keyring: Keyring,
    values: Float64Array,
    names: tuple[str, ...] = ("view", "purchase"),
) -> upsert.Columns:
    """Interactions with these values, at all kinds of times, of 700 users."""
    random = np.random.default_rng(0)
    count = len(values)
    with database.writing() as connection:
        users = ensure_users(connection, keyring, [f"user {n}" for n in range(700)])
        items = ensure_items(connection, ["tea", "mug"])
        kinds = ensure_kinds(connection, names)
    times = random.integers(-(10**15), 10**15, count)
    times[::7] = UNTIMED
    return upsert.Columns(
        random.permutation(np.array(list(users.values())))[np.arange(count) % 700],
        random.choice(np.array(list(items.values())), count),
        random.choice(np.array(list(kinds.values())), count),
        values,
        times,
    )


def test_more_rows_than_a_slice_and_again(database: Database, keyring: Keyring) -> None:
    columns = some(database, keyring, np.ones(25_003))
    total = len(upsert.newest(columns).times)
    with database.writing() as connection:
        written = upsert.upsert(connection, columns)
        assert written == Written(total, len(columns.times) - total)
        assert upsert.upsert(connection, columns) == Written(0, len(columns.times))
        assert len(interactions.snapshot(connection).times) == total


def test_rows_are_sorted_and_the_last_of_equal_ones_stays() -> None:
    ones = np.ones(4, dtype=np.int64)
    columns = upsert.Columns(
        np.array([2, 1, 2, 1]), ones, ones, np.array([1.0, 2.0, 3.0, 4.0]), np.array([5, 5, 5, 4])
    )
    newest = upsert.newest(columns)
    assert newest.user_keys.tolist() == [1, 1, 2]
    assert newest.times.tolist() == [4, 5, 5]
    assert newest.values.tolist() == [4.0, 2.0, 3.0]


def test_an_interaction_with_an_unknown_item_is_no_interaction(
    database: Database, keyring: Keyring
) -> None:
    columns = some(database, keyring, np.ones(3))
    with pytest.raises(StoreError, match=IntegrityError.__name__), database.writing() as connection:
        upsert.upsert(connection, columns._replace(item_keys=np.array([99, 99, 99])))


def test_kinds_weigh_one_until_they_are_told_otherwise(database: Database) -> None:
    with database.writing() as connection:
        keys = ensure_kinds(connection, ["view", "purchase"])
        assert ensure_kinds(connection, ["view", "like"])["view"] == keys["view"]
        set_weight(connection, "view", 0.25)
        set_weight(connection, "rent", 2)
        assert {(kind.name, kind.weight) for kind in read_kinds(connection)} == {
            ("view", 0.25),
            ("purchase", 1.0),
            ("like", 1.0),
            ("rent", 2.0),
        }
        assert Kind(keys["view"], "view", 0.25) in read_kinds(connection)


def test_processes_that_record_the_same_make_it_once(
    database: Database, keyring: Keyring, at_once: Callable[[int, Callable[[int], None]], list[int]]
) -> None:
    rows = [InteractionRow(f"u{n % 7}", f"i{n % 5}", "view", 1.0, n * SECOND) for n in range(35)]

    def work(number: int) -> None:
        for row in (*rows[number * 7 :], *rows[: number * 7]):
            with database.writing() as connection:
                interactions.record(connection, keyring, [row])

    assert at_once(4, work) == [0] * 4
    with database.reading() as connection:
        assert len(interactions.snapshot(connection).times) == 35
        refs = [keyring.ref(f"u{n}") for n in range(7)]
        lengths = np.diff(interactions.histories(connection, refs).indptr)
    assert lengths.tolist() == [5] * 7


def segment(keyring: Keyring, sealed: bool) -> Segment:
    ref = keyring.ref("alice")
    cell = keyring.seal("user", "external_id", ref, "alice") if sealed else None
    zero = np.zeros(1, dtype=np.int32)
    return Segment(
        [ref], [cell], ["tea"], ["view"], zero, zero, zero, np.ones(1), np.zeros(1, "i8")
    )


def test_a_segment_makes_what_is_missing(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        assert write_segment(connection, segment(keyring, sealed=True)) == Written(1, 0)
        assert write_segment(connection, segment(keyring, sealed=False)) == Written(0, 1)


def test_a_user_forgotten_during_an_import_is_a_conflict(
    database: Database, keyring: Keyring
) -> None:
    with database.writing() as connection:
        write_segment(connection, segment(keyring, sealed=True))
        forget_user(connection, keyring, "alice")
    with pytest.raises(StoreError, match="import again"), database.writing() as connection:
        write_segment(connection, segment(keyring, sealed=False))
