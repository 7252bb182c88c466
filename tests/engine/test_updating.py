"""`put_…` replaces a row, `update_…` changes what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tastemaker import Key, RowRefusedError, Tastemaker
from tastemaker.store.items import iterate_items
from tastemaker.store.sql.database import Database
from tastemaker.validation import ItemRow

TEA = {
    "item_id": "tea",
    "title": "Tea",
    "text": "Green tea",
    "price": 4,
    "tags": ["green", "loose"],
}


@pytest.fixture
def shop(database: Database, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(database, key=key) as shop:
        shop.upgrade()
        shop.put_items([TEA, {"item_id": "cup", "title": "Cup"}])
        shop.put_users([{"user_id": "alice", "town": "York", "age": 40}, {"user_id": "bob"}])
        yield shop


def items(database: Database) -> dict[str, ItemRow]:
    with database.reading() as connection:
        return {row.item_id: row for row in iterate_items(connection)}


def attributes(shop: Tastemaker, user_id: str) -> Any:
    return shop.show(user_id)["attributes"]


def test_putting_replaces_the_whole_item(shop: Tastemaker, database: Database) -> None:
    shop.put_items([{"item_id": "tea", "price": 5}])
    assert items(database)["tea"] == ItemRow("tea", "", "", {"price": 5})


def test_updating_changes_what_is_given_alone(shop: Tastemaker, database: Database) -> None:
    before = items(database)
    assert shop.update_items([{"item_id": "tea", "price": 5}]) == 1
    after = ItemRow("tea", "Tea", "Green tea", {"price": 5, "tags": ["green", "loose"]})
    assert items(database) == {**before, "tea": after}


@pytest.mark.parametrize(
    ("field", "value"), [("title", "Sencha"), ("text", "From Uji"), ("available", False)]
)
def test_each_field_of_an_item_changes_alone(
    shop: Tastemaker, database: Database, field: str, value: Any
) -> None:
    before = items(database)["tea"]
    shop.update_items([{"item_id": "tea", field: value}])
    assert items(database)["tea"] == before._replace(**{field: value})


def test_an_empty_text_is_a_value_and_none_is_not(shop: Tastemaker, database: Database) -> None:
    shop.update_items([{"item_id": "tea", "title": "", "text": None, "price": None}])
    assert items(database)["tea"] == ItemRow(
        "tea", "", "Green tea", {"price": 4, "tags": ["green", "loose"]}
    )


def test_later_changes_of_an_item_come_on_top(shop: Tastemaker, database: Database) -> None:
    rows = [{"item_id": "cup", "price": 1, "glaze": "blue"}, {"item_id": "cup", "price": 2}]
    assert shop.update_items(rows) == 1
    assert items(database)["cup"].attributes == {"price": 2, "glaze": "blue"}


def test_ids_that_nobody_has_are_passed_over(shop: Tastemaker, database: Database) -> None:
    before = items(database)
    assert shop.update_items([{"item_id": "pot", "title": "Pot"}]) == 0
    assert shop.update_users([{"user_id": "carol", "town": "Hull"}]) == 0
    assert items(database) == before
    assert sorted(shop.user_ids()) == ["alice", "bob"]


def test_a_refused_row_changes_nothing(shop: Tastemaker, database: Database) -> None:
    before = items(database)
    with pytest.raises(RowRefusedError, match="Row 1 .*available"):
        shop.update_items([{"item_id": "cup", "title": "x"}, {"item_id": "tea", "available": "?"}])
    assert items(database) == before


def test_an_update_reaches_what_serves(shop: Tastemaker) -> None:
    assert [one.item_id for one in shop.recommend(where="price < 5")] == ["tea"]
    shop.update_items([{"item_id": "tea", "price": 6}])
    assert list(shop.recommend(where="price < 5")) == []


def test_putting_replaces_a_users_attributes(shop: Tastemaker) -> None:
    shop.put_users([{"user_id": "alice", "town": "Hull"}])
    assert attributes(shop, "alice") == {"town": "Hull"}


def test_updating_changes_a_users_given_attributes_alone(shop: Tastemaker) -> None:
    shop.record("carol", "tea")
    rows: list[dict[str, object]] = [
        {"user_id": "alice", "town": "Hull", "age": None},
        {"user_id": "alice", "shoe": 38},
        {"user_id": "carol", "town": "Leeds"},
    ]
    assert shop.update_users(rows) == 2
    assert attributes(shop, "alice") == {"town": "Hull", "age": 40, "shoe": 38}
    assert attributes(shop, "bob") == {}
    assert attributes(shop, "carol") == {"town": "Leeds"}


def test_an_update_declares_features(shop: Tastemaker) -> None:
    shop.update_users([{"user_id": "alice", "town": "Hull"}], features=["town"])
    shop.recommend(features={"town": "Hull"})
