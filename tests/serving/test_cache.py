"""What serves is renewed when the database says so, and survives what is damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
import pytest
from sqlalchemy import select, update

from tastemaker import Items, People, Progress, Recommender, State, Tastemaker, TrainingData
from tastemaker.data import Float32Array
from tastemaker.serving import cache as room
from tastemaker.serving.cache import ServingCache
from tastemaker.serving.state import ServingState
from tastemaker.store.cache.model_files import ModelFiles
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import model, model_chunk

Described = Callable[[str, str], dict[str, object]]


class Lengths(Recommender):
    """Scores each item by the length of its title; remembers how it was extended."""

    name: ClassVar[str] = "lengths"
    family: ClassVar[str] = "content"
    lengths: Float32Array
    extensions: tuple[int, ...] = ()

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        self.lengths = self._measured(data.items)
        return self

    def _measured(self, items: Items) -> Float32Array:
        return np.array([len(title) for title in items.titles], dtype=np.float32)

    def extend(self, items: Items) -> None:
        self.lengths = np.concatenate((self.lengths, self._measured(items)))
        self.extensions = (*self.extensions, len(items))

    def score(self, people: People) -> Float32Array:
        return np.tile(self.lengths, (len(people), 1))

    def state(self) -> State:
        return State({"lengths": self.lengths})

    @classmethod
    def restore(cls, state: State) -> Self:
        restored = cls()
        restored.lengths = state.arrays["lengths"]
        return restored


@pytest.fixture
def engine(shop_database: Database, key: Key) -> Tastemaker:
    """The shop with a second release, of `lengths` alone, that is active."""
    engine = Tastemaker(shop_database, key=key, plugins=[Lengths], exploration=0)
    engine.train(only=["lengths"])
    engine.activate(2)
    return engine


@pytest.fixture
def cache(engine: Tastemaker, shop_database: Database, key: Key) -> ServingCache:
    """What another process than the one that writes serves from."""
    with shop_database.reading() as connection:
        files = ModelFiles(open_keyring(connection, key), None)
    return ServingCache(files, shop_database.reading, [Lengths])


@pytest.fixture
def current(cache: ServingCache, shop_database: Database) -> Callable[[], ServingState]:
    """What serves now in another process than the one that writes."""

    def now() -> ServingState:
        with shop_database.reading() as connection:
            return cache.current(connection)

    return now


def lengths(state: ServingState) -> Lengths:
    (member,) = state.ranker.members
    assert isinstance(member.recommender, Lengths)
    return member.recommender


def test_while_nothing_changes_the_same_serves(
    engine: Tastemaker, current: Callable[[], ServingState]
) -> None:
    first = current()
    engine.record("somebody", "item-1")
    engine.put_users([{"user_id": "somebody else"}])
    assert current() is first
    assert first.release == 2
    assert first.problems == ()


def test_members_are_extended_by_new_items_as_they_come(
    engine: Tastemaker, current: Callable[[], ServingState], described: Described
) -> None:
    trained = lengths(current()).lengths.tolist()
    engine.put_items([described("new-1", "odd"), described("new-2", "even")])
    assert lengths(current()).extensions == (2,)
    engine.record("somebody", "new-3")
    state = current()
    assert lengths(state).extensions == (2, 1)
    assert state.catalogue.items.ids[-3:] == ("new-1", "new-2", "new-3")
    assert lengths(state).lengths.tolist() == [*trained, 15, 16, 0]
    engine.set_available(["new-1"], False)
    state = current()
    assert lengths(state).extensions == (2, 1)
    assert not state.catalogue.available[state.catalogue.find("new-1")]


def test_members_are_extended_anew_where_a_new_item_changes(
    engine: Tastemaker, current: Callable[[], ServingState], described: Described
) -> None:
    engine.put_items([described("new-1", "odd"), described("new-2", "even")])
    current()
    engine.put_items([{"item_id": "new-1", "title": "a longer title than before"}])
    state = current()
    assert lengths(state).extensions == (2,)
    assert lengths(state).lengths[state.catalogue.find("new-1")] == 26


def test_another_release_serves_once_it_is_loaded_and_what_is_switched_off_stops_at_once(
    engine: Tastemaker, current: Callable[[], ServingState], cache: ServingCache
) -> None:
    assert current().release == 2
    engine.activate(1)
    cache.catch_up()
    first = current()
    assert first.release == 1
    names = [member.name for member in first.ranker.members]
    engine.configure(names[0], enabled=False)
    assert [member.name for member in current().ranker.members] == names[1:]


def test_kinds_weigh_what_is_set(engine: Tastemaker, current: Callable[[], ServingState]) -> None:
    assert {kind.name: kind.weight for kind in current().kinds} == {"like": 1}
    engine.set_kind("like", 0.25)
    assert {kind.name: kind.weight for kind in current().kinds} == {"like": 0.25}


def test_popularity_is_counted_anew_when_it_is_old(
    sqlite_database: Database, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Tastemaker(sqlite_database, key=key, exploration=0) as engine:
        engine.upgrade()
        for user in ("one", "two"):
            engine.record(user, "tea")
        engine.record("one", "cup")
        assert [one.item_id for one in engine.recommend("nobody")] == ["tea", "cup"]
        for user in ("two", "three"):
            engine.record(user, "cup")
        assert [one.item_id for one in engine.recommend("nobody")] == ["tea", "cup"]
        monkeypatch.setattr(room, "POPULARITY_AGE", 0.0)
        assert [one.item_id for one in engine.recommend("nobody")] == ["cup", "tea"]


def damage(database: Database, number: int) -> None:
    """Flips a bit of every model of a release."""
    with database.writing() as connection:
        keys = connection.scalars(select(model.c.id).where(model.c.release_id == number)).all()
        for key in keys:
            where = (model_chunk.c.model_id == key, model_chunk.c.position == 0)
            sealed = bytearray(connection.scalars(select(model_chunk.c.sealed).where(*where)).one())
            sealed[-1] ^= 1
            connection.execute(update(model_chunk).where(*where).values(sealed=SealedBytes(sealed)))


def test_a_damaged_release_gives_way_to_the_newest_whole_one(
    current: Callable[[], ServingState], shop_database: Database
) -> None:
    damage(shop_database, 2)
    state = current()
    assert state.release == 1
    (problem,) = state.problems
    assert problem.startswith("Release 2 cannot serve: ")


def test_where_every_release_is_damaged_popularity_serves(
    current: Callable[[], ServingState], shop_database: Database
) -> None:
    for number in (1, 2):
        damage(shop_database, number)
    state = current()
    assert state.release is None
    assert [problem[:9] for problem in state.problems] == ["Release 2", "Release 1"]
    assert state.ranker.members == ()


def test_a_recommender_that_is_gone_is_named(
    engine: Tastemaker, shop_database: Database, key: Key
) -> None:
    without = Tastemaker(shop_database, key=key, exploration=0)
    answer = without.recommend("person-0", k=3)
    assert len(answer) == 3
    assert answer.details.problems == ("lengths is no longer installed",)
