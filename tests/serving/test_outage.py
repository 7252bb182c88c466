"""Answers while the database cannot be read, for applications that want them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tastemaker import InputError, StoreError
from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

TOLD = "The database cannot be read: this answer is by what was in memory."


@pytest.fixture
def file(shop_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(shop_file, tmp_path / "gone.db"))


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{file}") as database:
        yield database


def break_down(database: Database, file: Path) -> None:
    """The file is gone, and so are the connections to it."""
    database.engine.dispose()
    for part in file.parent.glob("gone.db*"):
        part.unlink()
    file.mkdir()


def test_it_goes_on_by_what_is_in_memory(database: Database, file: Path, key: Key) -> None:
    engine = Tastemaker(database, key=key, exploration=0, on_outage="stale")
    recent = ["item-0", "item-2"]
    known = engine.recommend(recent=recent, k=3)
    nobody, like = engine.recommend(k=3), engine.similar("item-0", k=3)
    assert known.details.problems == ()
    break_down(database, file)
    assert engine.recommend(recent=recent, k=3) == known
    assert engine.recommend("person-1", recent=recent, k=3) == known
    answer = engine.recommend(k=3)
    assert (answer, answer.details.problems) == (nobody, (TOLD,))
    assert answer.details.release == nobody.details.release
    assert engine.similar("item-0", k=3) == like
    with pytest.raises(StoreError):
        engine.recommend("person-1")  # what they have had already is not known now
    with pytest.raises(StoreError):
        engine.recommend_many(["person-1"])


def test_it_ends_with_an_error_where_nothing_is_in_memory(
    database: Database, file: Path, key: Key
) -> None:
    engine = Tastemaker(database, key=key, on_outage="stale")
    break_down(database, file)
    with pytest.raises(StoreError):
        engine.recommend(k=3)


def test_it_ends_with_an_error_unless_that_is_wanted(
    database: Database, file: Path, key: Key
) -> None:
    engine = Tastemaker(database, key=key)
    assert engine.recommend(k=3)
    break_down(database, file)
    with pytest.raises(StoreError):
        engine.recommend(k=3)
    with pytest.raises(StoreError):
        engine.similar("item-0")


def test_it_is_up_to_date_again_afterwards(
    database: Database, file: Path, shop_file: Path, key: Key
) -> None:
    engine = Tastemaker(database, key=key, exploration=0, on_outage="stale")
    before = engine.recommend("person-0", k=3)
    break_down(database, file)
    assert engine.recommend(k=3).details.problems == (TOLD,)
    file.rmdir()
    shutil.copy(shop_file, file)
    after = engine.recommend("person-0", k=3)
    assert (after, after.details.problems) == (before, ())


def test_other_ways_are_refused(database: Database, key: Key) -> None:
    with pytest.raises(InputError, match="on_outage is 'guess'; give one of raise, stale"):
        Tastemaker(database, key=key, on_outage="guess")  # type: ignore[arg-type]
