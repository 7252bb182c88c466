"""Looking items up, through the public methods, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tastemaker import InputError, NotFoundError, Tastemaker
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database


@pytest.fixture
def shop(database: Database, key: Key) -> Iterator[Tastemaker]:
    """Three lamps and a chair; two people chose the green one, one the blue one."""
    with Tastemaker(database, key=key) as shop:
        shop.upgrade()
        shop.put_items(
            [
                {"item_id": "b", "title": "Blue Lamp", "attributes": {"rooms": ["hall", "bath"]}},
                {"item_id": "g", "title": "Green lamp", "text": "It shines."},
                {"item_id": "lamp", "title": "Its name is its id", "available": False},
                {"item_id": "c", "title": "Chair 100 %"},
            ]
        )
        for person, item in (("ann", "g"), ("bob", "g"), ("bob", "b")):
            shop.record(person, item)
        shop.record("ann", "undeclared")
        yield shop


def test_an_item_by_its_id(shop: Tastemaker) -> None:
    item = shop.item("b")
    assert (item.item_id, item.title, item.available) == ("b", "Blue Lamp", True)
    assert item.attributes == {"rooms": ("hall", "bath")}
    assert (item.declared, item.chosen) == (True, 1)
    assert shop.item("g").text == "It shines."
    assert not shop.item("lamp").available
    undeclared = shop.item("undeclared")
    assert (undeclared.declared, undeclared.available) == (False, False)


def test_an_item_that_is_not_there(shop: Tastemaker) -> None:
    with pytest.raises(NotFoundError, match="no item 'x'"):
        shop.item("x")
    with pytest.raises(InputError):
        shop.item("")


def test_items_by_title_the_exact_id_first_then_by_how_many_chose_them(shop: Tastemaker) -> None:
    assert [one.item_id for one in shop.find_items("LAMP")] == ["g", "b"]
    assert [one.item_id for one in shop.find_items("lamp")] == ["lamp", "g", "b"]
    assert [one.item_id for one in shop.find_items("lamp", k=2)] == ["lamp", "g"]
    assert [one.item_id for one in shop.find_items("100 %")] == ["c"]
    assert shop.find_items("nothing") == []
