from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Connection, delete, update

from tastemaker.store import items, meta
from tastemaker.store.attribute_columns import as_values
from tastemaker.store.declaring import ensure_items
from tastemaker.store.sql.statements import Written
from tastemaker.store.sql.tables import item
from tastemaker.validation import ItemRow, now_us

TEA = ItemRow("tea", "Green tea", "A cup", {"price": 2.5, "tags": ["hot", "green"]})
MUG = ItemRow("mug", "Mug", attributes={"price": "4", "fair": True}, available=False)


def version(connection: Connection) -> str | None:
    return meta.get(connection, meta.CATALOGUE_VERSION)


def test_items_are_read_as_columns_in_the_order_they_came(connection: Connection) -> None:
    assert items.put_items(connection, [TEA]) == Written(1, 0)
    assert items.put_items(connection, [MUG]) == Written(1, 0)
    catalogue = items.read_catalogue(connection)
    assert catalogue.items.ids == ("tea", "mug")
    assert catalogue.items.titles == ("Green tea", "Mug")
    assert catalogue.items.texts == ("A cup", "")
    assert catalogue.items.attributes == {
        "fair": ((), ("true",)),
        "price": (("2.5",), ("4",)),
        "tags": (("hot", "green"), ()),
    }
    assert catalogue.available.tolist() == [True, False]
    assert np.all(np.diff(catalogue.keys) > 0)


def test_an_empty_catalogue_has_no_items(connection: Connection) -> None:
    catalogue = items.read_catalogue(connection)
    assert len(catalogue.items) == len(catalogue.keys) == len(catalogue.available) == 0


def test_putting_an_item_again_replaces_it_and_keeps_its_key(connection: Connection) -> None:
    items.put_items(connection, [TEA, MUG])
    before = items.read_catalogue(connection)
    assert items.put_items(connection, [ItemRow("tea", "Black tea")]) == Written(0, 1)
    after = items.read_catalogue(connection)
    assert after.keys.tolist() == before.keys.tolist()
    assert after.items.titles[after.items.ids.index("tea")] == "Black tea"
    assert list(items.iterate_items(connection))[after.items.ids.index("tea")].attributes == {}


def test_of_an_item_given_twice_the_last_counts(connection: Connection) -> None:
    twice = [TEA, ItemRow("tea", "Black tea")]
    assert items.put_items(connection, twice) == Written(1, 1)
    assert items.read_catalogue(connection).items.titles == ("Black tea",)


def test_more_items_than_a_batch(connection: Connection) -> None:
    rows = [ItemRow(f"item {number}") for number in range(2500)]
    assert items.put_items(connection, rows) == Written(2500, 0)
    assert items.put_items(connection, rows) == Written(0, 2500)
    assert set(items.iterate_items(connection).__next__().item_id.split()[:1]) == {"item"}
    assert len(list(items.iterate_items(connection))) == 2500


def same(one: items.StoredItems, other: items.StoredItems) -> bool:
    return one.items == other.items and all(
        left.tolist() == right.tolist()
        for left, right in (
            (one.keys, other.keys),
            (one.available, other.available),
            (one.updated, other.updated),
            (one.created, other.created),
        )
    )


def test_only_what_changed_is_read_again(connection: Connection) -> None:
    items.put_items(connection, [TEA, MUG, ItemRow("cup")])
    known = items.read_catalogue(connection)
    assert same(items.read_changes(connection, known), known)
    items.put_items(connection, [ItemRow("mug", "Big mug", attributes={"fair": True, "size": 3})])
    items.put_items(connection, [ItemRow("pot", "Pot", attributes={"price": 7})])
    items.set_available(connection, ["tea"], False)
    now = items.read_changes(connection, known)
    assert same(now, items.read_catalogue(connection))
    assert now.items.ids == ("tea", "mug", "cup", "pot")
    assert now.items.titles == ("Green tea", "Big mug", "", "Pot")
    assert now.items.attributes["size"] == ((), ("3",), (), ())
    assert now.items.attributes["price"] == (("2.5",), (), (), ("7",))
    assert now.available.tolist() == [False, True, True, True]


def test_when_items_came_and_changed_is_read(connection: Connection) -> None:
    before = now_us()
    items.put_items(connection, [TEA, MUG])
    between = now_us()
    items.put_items(connection, [ItemRow("tea", "Black tea")])
    (tea, mug), (tea_changed, mug_changed) = (
        column.tolist()
        for stored in [items.read_catalogue(connection)]
        for column in (stored.created, stored.updated)
    )
    assert before <= tea == mug == mug_changed <= between <= tea_changed


@pytest.mark.parametrize("days", [-1, 0])
def test_a_change_by_a_slow_clock_is_not_missed(connection: Connection, days: int) -> None:
    items.put_items(connection, [TEA, MUG])
    known = items.read_catalogue(connection)
    earlier = int(known.updated.max()) + days * 86_400_000_000
    changed = {"title": "Black tea", "updated": earlier + (days == 0)}
    connection.execute(update(item).where(item.c.external_id == "tea").values(changed))
    assert same(items.read_changes(connection, known), items.read_catalogue(connection))


def test_a_known_catalogue_may_be_newer_or_empty(connection: Connection) -> None:
    empty = items.read_catalogue(connection)
    items.put_items(connection, [TEA])
    one = items.read_changes(connection, empty)
    assert same(one, items.read_catalogue(connection))
    items.put_items(connection, [MUG])
    two = items.read_changes(connection, one)
    connection.execute(delete(item).where(item.c.external_id == "mug"))
    assert same(items.read_changes(connection, two), one)


def test_every_change_of_the_catalogue_bumps_its_version(connection: Connection) -> None:
    seen = [version(connection)]
    items.put_items(connection, [TEA])
    seen.append(version(connection))
    items.set_available(connection, ["tea"], False)
    seen.append(version(connection))
    ensure_items(connection, ["mug"])
    seen.append(version(connection))
    assert len(set(seen)) == 4
    ensure_items(connection, ["mug", "tea"])
    assert version(connection) == seen[-1]


def test_availability_changes_only_what_is_named(connection: Connection) -> None:
    items.put_items(connection, [TEA, ItemRow("mug")])
    assert items.set_available(connection, ["tea", "nothing"], False) == 1
    rows = {row.item_id: row.available for row in items.iterate_items(connection)}
    assert rows == {"tea": False, "mug": True}


def test_missing_items_are_made_bare_and_present_ones_left_alone(connection: Connection) -> None:
    items.put_items(connection, [TEA])
    keys = ensure_items(connection, ["mug", "tea"])
    rows = {row.item_id: row for row in items.iterate_items(connection)}
    assert set(keys) == {"mug", "tea"}
    assert rows["tea"] == TEA
    assert rows["mug"] == ItemRow("mug")


def test_ids_are_exact_bytes(connection: Connection) -> None:
    ids = ["a", "A", " a", "a ", "é", "e\u0301", "' OR 1=1 --", "%", "_", "\\"]
    items.put_items(connection, [ItemRow(item_id) for item_id in ids])
    assert sorted(row.item_id for row in items.iterate_items(connection)) == sorted(ids)


def test_values_of_an_attribute() -> None:
    assert as_values(["a", 1, 2.0, 0.5, None, "", True, {"b": 1}, ["c"]]) == (
        ("a", "1", "2", "0.5", "true", "c")
    )
