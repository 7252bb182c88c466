"""The items as a worker finds them in a cache directory, and what changed since."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker.store import items
from tastemaker.store.cache import item_columns, model_files
from tastemaker.store.cache.model_cache import ModelCache
from tastemaker.store.cache.model_files import ModelFiles
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.validation import ItemRow

TEA = ItemRow("tea", "Green tea", "A cup of it", {"origin": ["Japan", "China"]})
MUG = ItemRow("mug", "Mug")


@pytest.fixture
def shop(sqlite_database: Database, ring: Keyring) -> Database:
    """The database, with two items."""
    with sqlite_database.writing() as connection:
        items.put_items(connection, [TEA, MUG])
    return sqlite_database


def read(shop: Database, ring: Keyring, cache: ModelCache | None) -> items.StoredItems:
    with shop.reading() as connection:
        return ModelFiles(ring, cache).read_items(connection)


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


def test_items_are_the_same_with_and_without_a_cache(
    shop: Database, ring: Keyring, cache: ModelCache
) -> None:
    plain = read(shop, ring, None)
    for _ in range(3):
        assert same(read(shop, ring, cache), plain)
    assert read(shop, ring, cache).items.attributes["origin"] == (("Japan", "China"), ())


def test_the_second_time_no_item_is_read_from_the_database(
    shop: Database, ring: Keyring, cache: ModelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read(shop, ring, cache)
    monkeypatch.delattr(items, "read_catalogue")
    assert same(read(shop, ring, cache), before)


def test_what_changed_since_is_seen(shop: Database, ring: Keyring, cache: ModelCache) -> None:
    read(shop, ring, cache)
    with shop.writing() as connection:
        items.put_items(connection, [ItemRow("mug", "Big mug"), ItemRow("pot", "Pot")])
        items.set_available(connection, ["tea"], False)
    for _ in range(2):
        now = read(shop, ring, cache)
        assert now.items.titles == ("Green tea", "Big mug", "Pot")
        assert now.available.tolist() == [False, True, True]


def test_items_of_a_database_that_was_restored_are_read_anew(
    shop: Database, ring: Keyring, cache: ModelCache
) -> None:
    read(shop, ring, cache)
    with shop.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE tastemaker_item SET title = 'Old mug', updated = updated - 5 "
            "WHERE external_id = 'mug'"
        )
    assert read(shop, ring, cache).items.titles == ("Green tea", "Old mug")


def test_a_damaged_file_is_written_anew(
    shop: Database, ring: Keyring, cache: ModelCache, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = read(shop, ring, cache)
    (file,) = place.iterdir()
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    assert same(read(shop, ring, cache), before)
    assert "is written anew" in caplog.text
    caplog.clear()
    assert same(read(shop, ring, cache), before)
    assert caplog.text == ""


def test_a_file_of_an_older_version_is_written_anew(
    shop: Database,
    ring: Keyring,
    cache: ModelCache,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as older:
        older.setattr(item_columns, "ITEM_NUMBERS", ("keys", "available", "updated"))
        older.setattr(model_files, "items_in", lambda contents: contents)
        read(shop, ring, cache)
    assert same(read(shop, ring, cache), read(shop, ring, None))
    assert "It holds no created." in caplog.text
    caplog.clear()
    assert same(read(shop, ring, cache), read(shop, ring, None))
    assert caplog.text == ""


def test_an_empty_catalogue_is_kept_too(
    sqlite_database: Database, ring: Keyring, cache: ModelCache
) -> None:
    for _ in range(2):
        assert len(read(sqlite_database, ring, cache).keys) == 0
