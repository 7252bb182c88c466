"""The master key is changed by wrapping every key again; the old one opens nothing any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from tests.store.rotation.conftest import town

from tastemaker import Database, Key, KeyProblem, TamperedError, Tastemaker, WrongKeyError
from tastemaker.store.sql import tables

NEW = Key("bmV3IGtleSBvZiBqdXN0IHRoaXJ0eS10d28gYnl0ZXM=")
OTHER = Key("YW5vdGhlciBrZXkgb2YgdGhpcnR5LXR3byBieXRlcyE=")


class Service:
    """A key source of somebody else's: it holds the key, and may be out of order."""

    def __init__(self, key: Key, works: bool = True) -> None:
        self._key, self._works = key, works

    @property
    def id(self) -> str:
        """The key's own."""
        return f"service/{self._key.id}"

    def wrap(self, data: bytes, context: bytes) -> bytes:
        """As the key does, or something else."""
        return self._key.wrap(data, context) if self._works else bytes(60)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """As the key does."""
        return self._key.unwrap(wrapped, context)


def test_the_old_key_is_refused_and_the_new_one_opens_everything(
    shop: Tastemaker, database: Database, key: Key
) -> None:
    shop.keys.rotate()  # a retired key is wrapped again, too
    assert shop.keys.change_master(NEW) == 4
    assert {one.master_key for one in shop.keys.status()} == {NEW.id}
    assert shop.show("u1")["attributes"] == {"town": town(1)}
    with pytest.raises(WrongKeyError, match=NEW.id) as caught:
        Tastemaker(database, key=key)
    assert key.id in str(caught.value)
    with Tastemaker(database, key=NEW) as again:
        assert again.show("u1")["attributes"] == {"town": town(1)}
        again.keys.rotate(destroy=True)
        assert again.keys.verify().is_clean
        assert again.keys.change_master(key) == 4  # one was destroyed: there is nothing to wrap


def test_a_worker_with_the_old_master_key_goes_on_until_it_must_read_the_keys(
    shop: Tastemaker, database: Database, key: Key
) -> None:
    worker = Tastemaker(database, key=key)
    worker.show("u1")
    shop.keys.change_master(NEW)
    assert worker.show("u1")["attributes"] == {"town": town(1)}
    worker.put_users([{"user_id": "new", "town": "York"}])
    shop.keys.rotate()
    with pytest.raises(WrongKeyError, match=NEW.id):
        worker.show("u1")
    with pytest.raises(WrongKeyError, match=NEW.id):
        worker.put_users([{"user_id": "newer", "town": "York"}])
    assert shop.keys.verify().is_clean


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda shop, key: shop.keys.change_master(key), KeyProblem),
        (lambda shop, key: shop.keys.change_master("short"), KeyProblem),
        (lambda shop, key: shop.keys.change_master(Service(NEW, works=False)), TamperedError),
    ],
    ids=["the same", "no key", "a service that fails"],
)
def test_what_is_refused_changes_nothing(
    shop: Tastemaker,
    database: Database,
    key: Key,
    change: Callable[[Tastemaker, Key], object],
    problem: type[Exception],
) -> None:
    def rows() -> list[str]:
        with database.reading() as connection:
            return sorted(map(str, connection.execute(select(tables.key))))

    before = rows()
    with pytest.raises(problem):
        change(shop, key)
    assert rows() == before
    assert shop.show("u1")["attributes"] == {"town": town(1)}


def test_two_who_change_it_at_once_do_not_mix(
    shop: Tastemaker, database: Database, key: Key
) -> None:
    second = Tastemaker(database, key=key)
    shop.keys.change_master(NEW)
    with pytest.raises(WrongKeyError, match=NEW.id):
        second.keys.change_master(OTHER)
    assert {one.master_key for one in shop.keys.status()} == {NEW.id}


def test_a_key_service_takes_the_place_of_a_key_in_hand(
    shop: Tastemaker, database: Database
) -> None:
    shop.keys.change_master(Service(NEW))
    with Tastemaker(database, key=Service(NEW)) as again:
        again.keys.rotate(destroy=True)
        assert again.show("u1")["attributes"] == {"town": town(1)}


def test_a_changed_row_of_keys_is_not_wrapped_again(shop: Tastemaker, database: Database) -> None:
    with database.writing() as connection:
        damaged = update(tables.key).where(tables.key.c.purpose == "index")
        connection.execute(damaged.values(wrapped=bytes(60)))
    with pytest.raises(TamperedError):
        shop.keys.change_master(NEW)
    with database.reading() as connection:
        wrapped_by = set(connection.execute(select(tables.key.c.kek_id)).scalars())
    assert NEW.id not in wrapped_by
