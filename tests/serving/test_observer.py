"""What an application is told of what happens inside, and what stands in its log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import ClassVar, Self

import numpy as np
import pytest

from tastemaker import People, Progress, Recommender, State, Tastemaker, Timing, TrainingData
from tastemaker.data import Float32Array
from tastemaker.plugin import observer as room
from tastemaker.plugin.observer import Observer, Throttle
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

STAGES = ["people", "retrieve", "score", "rank", "explain", "request"]


class Fragile(Recommender):
    """Scores all items alike, until it is told to fail."""

    name: ClassVar[str] = "fragile"
    family: ClassVar[str] = "collaborative"
    broken: ClassVar[bool] = False

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        return self

    def score(self, people: People) -> Float32Array:
        if type(self).broken:
            raise ValueError("Iceland")
        return np.tile(np.arange(people.n_items, dtype=np.float32), (len(people), 1))

    def state(self) -> State:
        return State({})

    @classmethod
    def restore(cls, state: State) -> Self:
        return cls()


@pytest.fixture
def fragile() -> Iterator[type[Fragile]]:
    yield Fragile
    Fragile.broken = False


@pytest.fixture
def told() -> list[Timing]:
    return []


@pytest.fixture
def watched(shop_database: Database, key: Key, told: list[Timing]) -> Tastemaker:
    return Tastemaker(shop_database, key=key, exploration=0, observe=told.append)


def test_every_stage_and_member_is_timed(watched: Tastemaker, told: list[Timing]) -> None:
    watched.recommend("person-0", explain=True)
    assert [one.stage for one in told if not one.member] == STAGES
    assert {one.member for one in told if one.stage == "score"} >= {"", "item-knn"}
    assert {one.member for one in told if one.stage == "explain"} >= {"", "item-knn"}
    assert all(one.seconds >= 0 and not one.failed and one.count == 1 for one in told)


def test_a_stage_takes_as_long_as_its_members(watched: Tastemaker, told: list[Timing]) -> None:
    watched.recommend("person-0")
    whole = {one.stage: one.seconds for one in told if not one.member}
    members = sum(one.seconds for one in told if one.stage == "score" and one.member)
    assert members <= whole["score"] <= whole["request"]


def test_many_people_are_counted(watched: Tastemaker, told: list[Timing]) -> None:
    watched.recommend_many([f"person-{n}" for n in range(5)])
    assert {one.count for one in told if one.stage in ("people", "score", "request")} == {5}


def test_similar_items_are_timed(watched: Tastemaker, told: list[Timing]) -> None:
    watched.similar("item-0")
    assert {one.stage for one in told} == {"similar"}
    assert {"", "item-knn"} <= {one.member for one in told}


def test_a_failing_member_is_told_and_logged_once_without_its_text(
    shop_database: Database,
    key: Key,
    fragile: type[Fragile],
    told: list[Timing],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Tastemaker(shop_database, key=key, plugins=[fragile], observe=told.append) as shop:
        shop.train(only=["fragile"])
        shop.activate(2)
        fragile.broken = True
        caplog.set_level(logging.WARNING)
        for person in range(4):
            shop.recommend(f"person-{person}")
    failures = [one for one in told if one.failed]
    assert {(one.member, one.stage) for one in failures} == {("fragile", "score")}
    assert len(failures) == 4
    (record,) = [one for one in caplog.records if one.name == "tastemaker.plugin"]
    assert record.getMessage().startswith("fragile failed in score after 0.")
    assert "ValueError" in caplog.text
    assert "Iceland" not in caplog.text
    assert "person-" not in caplog.text


def test_a_callback_that_fails_costs_nothing_and_is_logged_once(
    shop_database: Database, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(timing: Timing) -> None:
        raise RuntimeError("dashboard is down")

    expected = Tastemaker(shop_database, key=key, exploration=0).recommend("person-0")
    shop = Tastemaker(shop_database, key=key, exploration=0, observe=fail)
    assert shop.recommend("person-0") == expected
    records = [one for one in caplog.records if "observe callback failed" in one.getMessage()]
    assert len(records) == 1
    assert "dashboard is down" not in caplog.text


def test_what_takes_long_is_logged_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    observer = Observer()
    observer.note("score", "quick", room.SLOW / 2, 1, "")
    observer.note("score", "slow", room.SLOW * 2, 7, "")
    assert caplog.messages == ["slow took 1.000 s in score for 7 people"]


def test_the_same_is_let_through_again_after_a_while() -> None:
    now = [0.0]
    throttle = Throttle(60.0, lambda: now[0])
    assert throttle.allows("one")
    assert throttle.allows("another")
    now[0] = 59.0
    assert not throttle.allows("one")
    now[0] = 60.0
    assert throttle.allows("one")
    assert not throttle.allows("one")


def test_the_log_says_which_release_serves(
    shop_database: Database, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tastemaker")
    Tastemaker(shop_database, key=key).recommend("person-0")
    (record,) = [one for one in caplog.records if one.name == "tastemaker.serving"]
    assert record.getMessage().startswith("Release 1 serves, loaded in 0.")
    assert "item-knn" in record.getMessage()


def test_training_says_what_came_of_it(
    shop_database: Database, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tastemaker.training")
    shop = Tastemaker(shop_database, key=key)
    shop.train(only=["popular"], activate=False)
    shop.activate(2)
    first, second = caplog.messages
    assert first.startswith("Release 2 was trained in ")
    assert "kept, not active" in first
    assert second == "Release 2 was activated."


def test_training_that_fails_is_logged(
    sqlite_database: Database, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Tastemaker(sqlite_database, key=key)
    shop.upgrade()
    with pytest.raises(Exception, match="no interactions"):
        shop.train()
    (record,) = [one for one in caplog.records if one.name == "tastemaker.training"]
    assert record.getMessage().startswith("Training failed: TrainingError: There are no inter")


def test_nothing_is_timed_without_a_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(room, "Timing", lambda *args: made.append(args))
    silent: Callable[..., None] = Observer().note
    silent("score", "ease", 0.1, 1, "")
    with Observer().timing("score", 1):
        pass
    assert made == []
