"""Rows that somebody else changed: answers go on and say what is wrong, or errors are typed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tastemaker.engine import Tastemaker
from tastemaker.errors import StoreError
from tastemaker.serving.catalogue import TABLE_KEYS
from tastemaker.store.crypto.keys import Key

Damage = Callable[[str], Tastemaker]

COPY = "INSERT INTO tastemaker_item SELECT {}, 'copy', title, text, attributes, available, created,"


@pytest.fixture(scope="module")
def sound(shop_file: Path, key: Key, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that has two releases, the second active; to be copied, not to be used."""
    file = tmp_path_factory.mktemp("sound") / "sound.db"
    shutil.copy(shop_file, file)
    with Tastemaker(f"sqlite:///{file}", key=key) as engine:
        for _ in range(2):
            engine.train(only=("item-knn", "popular"))
    return file


@pytest.fixture
def damage(sound: Path, key: Key, tmp_path: Path) -> Iterator[Damage]:
    """Changes a copy of that database; gives a fresh engine on it."""
    shutil.copy(sound, tmp_path / "test.db")
    opened: list[Tastemaker] = []

    def change(statements: str) -> Tastemaker:
        with sqlite3.connect(tmp_path / "test.db") as driver:
            driver.executescript(statements)
        driver.close()
        opened.append(Tastemaker(f"sqlite:///{tmp_path}/test.db", key=key))
        return opened[-1]

    yield change
    for engine in opened:
        engine.close()


DELETED = "".join(
    f"DELETE FROM tastemaker_{table} WHERE {column} = 2;"
    for table, column in (("model", "release_id"), ("release", "id"))
)


@pytest.mark.parametrize(
    ("statements", "release", "problem"),
    [
        ("UPDATE tastemaker_release SET manifest = 'text' WHERE id = 2", 1, "Release 2 cannot"),
        ("UPDATE tastemaker_release SET manifest = 'text'", None, "Release 1 cannot serve"),
        (DELETED, 1, "Release 2, the active one, is missing"),
        ("INSERT INTO tastemaker_meta VALUES ('configuration', '{x')", 2, "The defaults serve"),
        ("INSERT INTO tastemaker_meta VALUES ('configuration', '[1]')", 2, "The defaults serve"),
        ("INSERT INTO tastemaker_meta VALUES ('features', '{x')", 2, "No features of users are"),
        ("INSERT INTO tastemaker_meta VALUES ('features', '[1]')", 2, "No features of users are"),
        (
            """INSERT INTO tastemaker_meta VALUES
            ('configuration', '{"disabled": [1], "settings": 3, "exploration": "x"}')""",
            2,
            "The defaults serve",
        ),
        ("UPDATE tastemaker_item SET title = x'ff' WHERE id = 3", 2, "1 damaged rows of items"),
        ("UPDATE tastemaker_item SET external_id = x'ff' WHERE id = 3", 2, "(number 3)"),
        ("UPDATE tastemaker_item SET attributes = x'ff' WHERE id = 3", 2, "(number 3)"),
        ("UPDATE tastemaker_item SET updated = 'x' WHERE id = 3", 2, "(number 3)"),
        ("UPDATE tastemaker_item SET title = x'ff'", 2, "12 damaged rows of items"),
    ],
)
def test_what_is_damaged_is_left_out_and_named(
    damage: Damage, statements: str, release: int | None, problem: str
) -> None:
    engine = damage(statements)
    for user in ("person-0", "nobody"):
        answer = engine.recommend(user, k=3)
        assert answer.details.release == release
        assert problem in " ".join(answer.details.problems)
        assert len(answer) == (0 if "12" in problem else 3)


@pytest.mark.parametrize("number", [TABLE_KEYS, 2**40, 2**63 - 1])
def test_an_item_of_a_huge_number_is_served_like_another(damage: Damage, number: int) -> None:
    engine = damage(COPY.format(number) + " updated, declared FROM tastemaker_item WHERE id = 3")
    engine.record("person-1", "copy")
    answer = engine.recommend("person-0", k=12, exclude=())
    assert answer.details.problems == ()
    assert "copy" in [one.item_id for one in answer]
    assert "copy" not in [one.item_id for one in engine.recommend("person-1", k=12)]


def test_damaged_attributes_refuse_what_needs_them_and_nothing_else(damage: Damage) -> None:
    for stored in ("{x", "[1]"):
        engine = damage(f"UPDATE tastemaker_item SET attributes = '{stored}' WHERE id = 3")
        assert len(engine.recommend("person-0", k=3)) == 3
        with pytest.raises(StoreError, match="the attributes of items"):
            engine.recommend("person-0", where={"parity": "even"})


def test_a_damaged_history_is_a_typed_error_of_one_person(damage: Damage) -> None:
    engine = damage("UPDATE tastemaker_interaction SET value = 'x' WHERE user_id = 1")
    with pytest.raises(StoreError, match="a history"):
        engine.recommend("person-0")
    assert engine.recommend("person-1")


def test_a_damaged_weight_is_a_typed_error(damage: Damage) -> None:
    engine = damage("UPDATE tastemaker_kind SET weight = 'x'")
    with pytest.raises(StoreError, match="kinds set"):
        engine.recommend("person-0")


def test_a_damaged_configuration_is_a_typed_error_to_who_changes_it(damage: Damage) -> None:
    engine = damage("INSERT INTO tastemaker_meta VALUES ('configuration', '{x')")
    with pytest.raises(StoreError, match="reading the configuration"):
        engine.set_exploration(0.1)
