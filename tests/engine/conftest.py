"""A small shop for the whole engine: even people choose even items, odd people odd ones."""

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


def _fill(engine: Tastemaker, database: Database) -> None:
    """Even people choose even items and odd people odd ones; each leaves one out."""
    names = ("even", "odd")
    engine.put_items(
        {
            "item_id": f"item-{item}",
            "title": f"{names[item % 2]} thing {item}",
            "text": f"an {names[item % 2]} story of {names[item % 2]} people",
            "attributes": {"parity": names[item % 2]},
        }
        for item in range(ITEMS)
    )
    with database.writing() as connection:
        for person in range(PEOPLE):
            for item in _chosen(person):
                at = _moment(person, item)
                engine.record(f"person-{person}", f"item-{item}", "like", 1.0, at, connection)


def _chosen(person: int) -> list[int]:
    """The items that a person chose, in the order of time."""
    turn = person // 2 % (ITEMS // 2)
    own = list(range(person % 2, ITEMS, 2))
    rotated = own[turn:] + own[:turn]
    return rotated[:-1]


def _left_out(person: int) -> str:
    """The item of the person's parity that the person did not choose."""
    (item,) = set(range(person % 2, ITEMS, 2)).difference(_chosen(person))
    return f"item-{item}"


def _moment(person: int, item: int) -> float:
    """When a person chose an item: everybody chooses the first, then everybody the second, …"""
    return 1_600_000_000.0 + _chosen(person).index(item) * 86_400 + person * 60


@pytest.fixture
def fill() -> Callable[[Tastemaker, Database], None]:
    """Fills an engine with the shop."""
    return _fill


@pytest.fixture
def chosen() -> Callable[[int], list[int]]:
    """The items that a person chose, in the order of time."""
    return _chosen


@pytest.fixture
def left_out() -> Callable[[int], str]:
    """The item of the person's parity that the person did not choose."""
    return _left_out


@pytest.fixture(scope="session")
def shop_file(sqlite_template: Path, key: Key, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the shop; to be copied, not to be used."""
    file = tmp_path_factory.mktemp("shop") / "shop.db"
    shutil.copy(sqlite_template, file)
    with (
        Database(f"sqlite:///{file}") as database,
        Tastemaker(database, key=key) as engine,
    ):
        engine.upgrade()
        _fill(engine, database)
    return file


@pytest.fixture
def engine(
    database: Database, key: Key, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Tastemaker]:
    """An engine on the shop; on SQLite its file is a copy."""
    if database.engine.dialect.name == "sqlite":
        shutil.copy(request.getfixturevalue("shop_file"), tmp_path / "test.db")
    with Tastemaker(database, key=key) as engine:
        if database.engine.dialect.name != "sqlite":
            engine.upgrade()
            _fill(engine, database)
        yield engine


@pytest.fixture
def trained(engine: Tastemaker) -> Tastemaker:
    assert engine.train(only=FAST).active
    return engine
