"""A shop of a few people, and what tests of its keys look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from tastemaker import Database, Key, Tastemaker
from tastemaker.store.sql import tables
from tastemaker.store.store import Store

PEOPLE = 12


def town(person: int) -> str:
    """What is sealed of a person."""
    return f"Town {person % 5}"


@pytest.fixture
def shop(database: Database, key: Key) -> Iterator[Tastemaker]:
    """An engine on a database of `PEOPLE` people, u0 to u11, with two sealed values each."""
    engine = Tastemaker(database, key=key)
    engine.upgrade()
    engine.put_users([{"user_id": f"u{n}", "town": town(n)} for n in range(PEOPLE)])
    yield engine
    engine.close()


@pytest.fixture
def store(shop: Tastemaker, database: Database, key: Key) -> Store:
    """The shop's database and keys, as another process opened them before anything changed."""
    return Store(database, key)


@pytest.fixture
def data_key(shop: Tastemaker) -> Callable[[str], int]:
    """Gives the id of the one data key with a status."""

    def find(status: str) -> int:
        (number,) = (
            key.key_id
            for key in shop.keys.status()
            if key.purpose == "data" and key.status == status
        )
        return number

    return find


@pytest.fixture
def cells(database: Database) -> Callable[[], list[bytes]]:
    """Gives every sealed value of users, as it is stored."""

    def read() -> list[bytes]:
        user = tables.user.c
        with database.reading() as connection:
            rows = connection.execute(select(user.external_id, user.attributes)).all()
        return [bytes(cell) for row in rows for cell in row if cell is not None]

    return read
