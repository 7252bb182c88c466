"""Recommenders that hang cost an answer its deadline at most, and are named."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Self

import numpy as np
import pytest

from tastemaker import (
    Float32Array,
    InputError,
    Int64Array,
    NotFoundError,
    People,
    PluginError,
    Progress,
    RankedItems,
    Recommender,
    Reranker,
    State,
    TrainingData,
)
from tastemaker.engine import Tastemaker
from tastemaker.plugin.isolation.recommender import IsolatedRecommender
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database


def nothing() -> None:
    """Does not hang."""


class Hanging(Recommender):
    """Likes the first items; hangs where it is told to."""

    name = "hanging"
    family = "popularity"
    in_score: Callable[[], object] = staticmethod(nothing)
    in_reasons: Callable[[], object] = staticmethod(nothing)

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        return self

    def score(self, people: People) -> Float32Array:
        type(self).in_score()
        return np.tile(np.linspace(1, 0, people.n_items, dtype=np.float32), (len(people), 1))

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        type(self).in_reasons()
        return super().reasons(people, items)

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        return cls()


class HangingReranker(Reranker):
    """Hangs in every answer."""

    name = "hanging-reranker"

    def adjust(self, lists: RankedItems) -> Float32Array:
        threading.Event().wait()
        return np.zeros(lists.items.shape, dtype=np.float32)


@pytest.fixture
def engine(shop_database: Database, key: Key) -> Tastemaker:
    engine = Tastemaker(
        shop_database, key=key, exploration=0, plugins=[Hanging, HangingReranker], deadline=0.1
    )
    engine.configure("hanging-reranker", enabled=False)
    engine.train(only=("hanging", "item-knn", "popular"))
    return engine


def problems(engine: Tastemaker, explain: bool = False) -> tuple[str, ...]:
    answer = engine.recommend("person-0", k=5, explain=explain)
    assert len(answer) == 5
    return answer.details.problems


@pytest.mark.parametrize("hang", [lambda: [0 for _ in iter(int, 1)], threading.Event().wait])
def test_a_member_that_hangs_is_left_out_and_named(
    engine: Tastemaker, monkeypatch: pytest.MonkeyPatch, hang: Callable[[], object]
) -> None:
    assert problems(engine) == ()
    monkeypatch.setattr(Hanging, "in_score", staticmethod(hang))
    (told,) = problems(engine)
    assert told == "hanging took longer than the deadline of 0.1 s left it"
    (told,) = problems(engine)
    assert told.startswith("hanging skipped")
    many = engine.recommend_many([f"person-{number}" for number in range(5)], k=5)
    assert {len(answer) for answer in many.values()} == {5}


def test_a_member_whose_reasons_hang_scores_all_the_same(
    engine: Tastemaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problems(engine, explain=True) == ()
    monkeypatch.setattr(Hanging, "in_reasons", staticmethod(threading.Event().wait))
    (told,) = problems(engine, explain=True)
    assert told == "hanging took longer than the deadline of 0.1 s left it"
    assert problems(engine) == ()


def test_a_reranker_that_hangs_is_left_out_and_named(engine: Tastemaker) -> None:
    engine.configure("hanging-reranker", enabled=True)
    assert problems(engine) == ("hanging-reranker took longer than the deadline of 0.1 s left it",)


def test_a_reranker_is_not_isolated(engine: Tastemaker) -> None:
    with pytest.raises(PluginError, match="only recommenders can be isolated"):
        engine.configure("hanging-reranker", isolated=True)
    with pytest.raises(NotFoundError):
        engine.configure("nothing", isolated=True)


def test_another_process_follows_when_one_is_isolated(
    engine: Tastemaker, shop_database: Database, key: Key
) -> None:
    before = engine.recommend("person-0", k=5)
    with Tastemaker(shop_database, key=key) as operator:
        operator.configure("item-knn", isolated=True)
    assert engine.recommend("person-0", k=5) == before
    engine._serving().catch_up()
    after = engine.recommend("person-0", k=5)
    assert (after, after.details.problems) == (before, ())
    with shop_database.reading() as connection:
        members = engine._serving().state(connection).members
    (isolated,) = (one for one in members if isinstance(one.recommender, IsolatedRecommender))
    assert isolated.name == "item-knn"


def test_a_fit_that_does_not_end_is_named(
    shop_database: Database, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hanging, "fit", lambda self, data, progress: threading.Event().wait())
    engine = Tastemaker(shop_database, key=key, plugins=[Hanging])
    release = engine.train(only=("hanging", "popular"), time_limit=4)
    (member,) = (one for one in release.members if one.name == "hanging")
    assert member.state == "declined"
    assert member.problem.startswith("stopped: one fit may take")


def test_what_is_left_behind_keeps_no_process_from_ending() -> None:
    code = """
        import threading
        from tastemaker.plugin.worker_threads import OverdueError, WorkerThreads
        try:
            WorkerThreads("tests").call(threading.Event().wait, 0.01)
        except OverdueError:
            print("left behind")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("left behind\n", "")


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), "1", True])
def test_a_deadline_is_a_time(shop_database: Database, key: Key, deadline: float) -> None:
    with pytest.raises(InputError, match="The deadline is"):
        Tastemaker(shop_database, key=key, deadline=deadline)
