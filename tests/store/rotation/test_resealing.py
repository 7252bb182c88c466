"""Re-encrypting in between others' writes, and between their promoting of keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event
from tests.store.rotation.conftest import PEOPLE, town
from tests.store.rotation.test_live import url_of

from tastemaker import Database, Key, KeyProblem, Tastemaker
from tastemaker.store.rotation import resealing


def between_reading_and_replacing(
    database: Database, work: Callable[[], object], reads: str = resealing.STALE
) -> None:
    """Has something done once, after old values were read and before they are replaced."""
    state = ["waiting"]

    def after_reading(*given: object) -> None:
        if str(given[2]).replace("%s", "?") == reads and state == ["waiting"]:
            state[0] = "read"

    def before_replacing(*_: object) -> None:
        if state == ["read"]:
            state[0] = "done"
            work()

    event.listen(database.engine, "checkin", before_replacing)
    event.listen(database.engine, "after_cursor_execute", after_reading)


@pytest.fixture
def other(shop: Tastemaker, database: Database, key: Key) -> Iterator[Tastemaker]:
    """An engine with connections of its own."""
    with Tastemaker(url_of(database), key=key) as engine:
        yield engine


def test_a_value_that_another_wrote_meanwhile_stays(
    shop: Tastemaker, database: Database, other: Tastemaker
) -> None:
    with_town = [{"user_id": "u1", "town": "York"}, {"user_id": "u7", "town": "Bath"}]
    shop.keys.promote(shop.keys.add())
    between_reading_and_replacing(database, lambda: other.put_users(with_town))
    assert shop.keys.reencrypt().left == 0
    towns = {f"u{n}": town(n) for n in range(PEOPLE)} | {"u1": "York", "u7": "Bath"}
    assert {name: shop.show(name)["attributes"] for name in towns} == {
        name: {"town": where} for name, where in towns.items()
    }
    assert shop.keys.verify().is_clean


def test_it_ends_where_another_key_is_promoted_meanwhile(
    shop: Tastemaker, database: Database, other: Tastemaker
) -> None:
    shop.keys.promote(shop.keys.add())
    between_reading_and_replacing(database, lambda: other.keys.promote(other.keys.add()))
    with pytest.raises(KeyProblem, match="promoted meanwhile"):
        shop.keys.reencrypt()
    assert shop.keys.rotate().verification.is_clean
