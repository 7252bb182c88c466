"""Items that nobody declared: kept, but recommended only once enough people chose them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tastemaker import InputError, Key, Tastemaker
from tastemaker.store.sql.database import Database


def shown(shop: Tastemaker, user: str = "somebody-new") -> set[str]:
    return {one.item_id for one in shop.recommend(user, k=50, explore=0.0)}


@pytest.fixture
def empty(database: Database, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        yield engine


@pytest.fixture
def small(empty: Tastemaker) -> Tastemaker:
    """Three declared items that everybody of four chose."""
    empty.put_items({"item_id": name, "title": name} for name in ("tea", "mug", "cup"))
    empty.record_many(
        [
            {"user_id": f"user-{user}", "item_id": name}
            for user in range(4)
            for name in ("tea", "mug", "cup")
        ]
    )
    return empty


def test_what_one_person_names_is_not_recommended_to_others(small: Tastemaker) -> None:
    for number in range(20):
        small.record("hostile", f"junk-{number}")
    assert shown(small) == {"tea", "mug", "cup"}
    small.train(only=["popular"])
    assert shown(small) == {"tea", "mug", "cup"}
    assert len(small.history("hostile", 50)) == 20


def test_an_item_is_recommended_once_it_is_declared(small: Tastemaker) -> None:
    for name in ("put", "imported", "released", "unknown"):
        small.record("user-1", name)
    assert shown(small) == {"tea", "mug", "cup"}
    small.put_items([{"item_id": "put"}])
    small.record_many([{"user_id": "user-2", "item_id": "imported"}])
    small.set_available(["released"], True)
    assert shown(small) == {"tea", "mug", "cup", "put", "imported", "released"}


def test_an_item_is_recommended_once_enough_people_chose_it(small: Tastemaker) -> None:
    assert small.support == (3, 1)
    for user in ("user-1", "user-1", "user-2"):
        small.record(user, "rumour")
    small.train(only=["popular"])
    assert "rumour" not in shown(small)
    small.record("user-3", "rumour")
    small.activate(small.train(only=["popular"]).number)  # however it measured
    assert "rumour" in shown(small)
    small.set_support(undeclared=4)
    assert small.support == (4, 1)
    assert "rumour" not in shown(small)
    small.set_support(undeclared=1)
    assert "rumour" in shown(small)


def test_where_nothing_is_declared_everything_counts(empty: Tastemaker) -> None:
    empty.record("alice", "tea")
    empty.record("bob", "mug")
    assert shown(empty, "alice") == {"mug"}


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "3", 10**7])
def test_what_is_no_number_of_people_is_refused(small: Tastemaker, number: object) -> None:
    with pytest.raises(InputError, match="whole number of people"):
        small.set_support(undeclared=number)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="whole number of people"):
        small.set_support(links=number)  # type: ignore[arg-type]
