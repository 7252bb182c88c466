"""A small trained shop, made once: even people choose even items, odd people odd ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

PEOPLE = 24
ITEMS = 12
FAST = ("item-knn", "popular", "tfidf")


def chosen(person: int) -> list[int]:
    """The items that a person chose, oldest first: all of their parity but one."""
    turn = person // 2 % (ITEMS // 2)
    own = list(range(person % 2, ITEMS, 2))
    return (own[turn:] + own[:turn])[:-1]


def left_out(person: int) -> str:
    """The one item of the person's parity that the person did not choose."""
    (item,) = set(range(person % 2, ITEMS, 2)).difference(chosen(person))
    return f"item-{item}"


def _described(item_id: str, parity: str) -> dict[str, object]:
    """An item whose title, text and attributes name its parity."""
    return {
        "item_id": item_id,
        "title": f"{parity} thing {item_id}",
        "text": f"an {parity} story of {parity} people",
        "attributes": {"parity": parity},
    }


@pytest.fixture(scope="session")
def described() -> Callable[[str, str], dict[str, object]]:
    """Makes items by an id and a parity, which title, text and attributes name."""
    return _described


@pytest.fixture(scope="session")
def shop_file(sqlite_template: Path, key: Key, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the shop and one active release; tests work on copies."""
    file = tmp_path_factory.mktemp("shop") / "shop.db"
    shutil.copy(sqlite_template, file)
    with (
        Database(f"sqlite:///{file}") as database,
        Tastemaker(database, key=key) as engine,
    ):
        engine.upgrade()
        engine.put_items(_described(f"item-{n}", ("even", "odd")[n % 2]) for n in range(ITEMS))
        with database.writing() as connection:
            for person in range(PEOPLE):
                for turn, item in enumerate(chosen(person)):
                    at = 1_600_000_000.0 + turn * 86_400 + person * 60
                    row = (f"person-{person}", f"item-{item}", "like", 1.0, at)
                    engine.record(*row, connection=connection)
        assert engine.train(only=FAST).active
    return file


@pytest.fixture
def shop_database(shop_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of the shop's database."""
    shutil.copy(shop_file, tmp_path / "shop.db")
    with Database(f"sqlite:///{tmp_path}/shop.db") as database:
        yield database


@pytest.fixture
def shop(shop_database: Database, key: Key) -> Tastemaker:
    """The shop, without exploration."""
    return Tastemaker(shop_database, key=key, exploration=0)
