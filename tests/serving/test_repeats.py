"""A release with weights of its own for where seen items may come again."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.training.habits import N_ITEMS, Counting, regulars

from tastemaker.blend import WeightCurve
from tastemaker.cli import main
from tastemaker.data import Float32Array, People, TrainingData
from tastemaker.engine import Tastemaker
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.recommender import Progress, Recommender, State
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.ranker import Ranker
from tastemaker.serving.server import Server
from tastemaker.serving.state import ServingState
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.store.store import Store
from tastemaker.testing import people_of

KEY = base64.b64encode(bytes(range(32))).decode()
"""The key of the tests, in words."""

ONLY = ("counting", "item-knn", "popular")


@pytest.fixture(scope="module")
def file(sqlite_template: Path, key: Key, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of people who repeat themselves, with one active release."""
    path, people = tmp_path_factory.mktemp("regulars") / "shop.db", regulars().people
    shutil.copy(sqlite_template, path)
    with (
        Database(f"sqlite:///{path}") as database,
        Tastemaker(database, key=key, plugins=[Counting]) as engine,
    ):
        engine.upgrade()
        engine.put_items({"item_id": f"item-{n}"} for n in range(N_ITEMS))
        rows = (people.histories.rows, people.histories.items, people.times)
        with database.writing() as connection:
            for user, item, at in zip(*(own.tolist() for own in rows), strict=True):
                at_time = 1.6e9 + at
                engine.record(f"p-{user}", f"item-{item}", at=at_time, connection=connection)
        assert engine.train(only=ONLY).active
    return path


@pytest.fixture
def state(file: Path, key: Key) -> Iterator[ServingState]:
    """What a request is answered with."""
    with Database(f"sqlite:///{file}") as database:
        store = Store(database, key)
        with store.reading("recommending") as connection:
            yield Server(store, [Counting], exploration=0).state(connection)


@pytest.fixture
def shop(file: Path, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(f"sqlite:///{file}", key=key, plugins=[Counting]) as engine:
        yield engine


def test_the_second_curve_comes_back_from_the_manifest(shop: Tastemaker) -> None:
    release = shop.release()
    assert release.repeats is not None and release.curve is not None
    assert "counting" in release.repeats.curve.members
    assert "counting" not in release.curve.members
    assert release.serving == (*release.curve.members, "counting")
    assert shop.releases()[0].recommenders == release.serving
    again = type(release).from_json(release.to_json())
    assert again.to_json() == release.to_json()
    without = {name: own for name, own in release.to_json().items() if name != "repeats"}
    assert type(release).from_json(without).repeats is None


def test_a_release_is_shown_with_both_curves_and_their_measures(file: Path) -> None:
    command = ["release", "show", "--database", f"sqlite:///{file}"]
    shown = CliRunner().invoke(main, command, env={"TASTEMAKER_KEY": KEY}).stdout
    assert "where seen items may come again" in shown
    assert "With them in lists the blend has NDCG@10" in " ".join(shown.split())


def test_each_ranker_has_its_members_and_the_plain_one_pays_for_no_other(
    state: ServingState,
) -> None:
    plain, again = state.ranker_for(False), state.ranker_for(True)
    assert "counting" not in {member.name for member in plain.members}
    assert "counting" in {member.name for member in again.members}
    assert again.own_items and not plain.own_items
    assert {one.name for one in state.members} >= {one.name for one in again.members}
    people = people_of([[4, 4, 4, 2, 2, 6]], N_ITEMS)
    nothing = np.zeros((1, N_ITEMS), dtype=np.bool_)
    ranking = again.rank(people, nothing, 3)
    assert ranking.best.items[0, 0] == 4
    assert set(ranking.members) == set(again.curve.members)


def test_without_a_second_curve_the_same_weights_rank_own_items_too(state: ServingState) -> None:
    again = replace(state, repeat_ranker=None).ranker_for(True)
    assert again.curve is state.ranker.curve
    assert again.own_items


def test_what_one_person_tells_changes_nobody_elses_weights(
    file: Path, key: Key, tmp_path: Path
) -> None:
    shutil.copy(file, tmp_path / "shop.db")
    url = f"sqlite:///{tmp_path}/shop.db"
    with Tastemaker(url, key=key, plugins=[Counting], exploration=0) as engine:
        before = engine.recommend("p-1", explain=True)
        engine.tell("p-0", "item-3", "less")
        engine.tell("p-2", "item-3", "more")
        after = engine.recommend("p-1", explain=True)
        assert list(after) == list(before)
        assert after.details == before.details
        assert "counting" not in after.details.weights
        engine.set_kind("interaction", repeatable=True)
        assert "counting" in engine.recommend("p-1").details.weights


class First(Recommender):
    """Likes low indexes, and brings the lowest."""

    name = "first"
    family = "popularity"

    def fit(self, data: TrainingData, progress: Progress) -> First:
        return self

    def score(self, people: People) -> Float32Array:
        return np.tile(-np.arange(people.n_items, dtype=np.float32), (len(people), 1))

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> First:
        return cls()


@pytest.mark.parametrize("exact", [False, True])
def test_own_items_are_candidates_where_they_may_be_shown(exact: bool) -> None:
    n_items = 3000
    members = tuple(GuardedRecommender(own, n_items) for own in (First(), Counting()))
    weights = np.array([[0.2, 0.8]])
    curve = WeightCurve(("first", "counting"), (0,), weights, retrievers=("first",))
    ranker = Ranker(members, curve, Fallback(np.zeros(n_items, dtype=np.float32)), own_items=True)
    people = people_of([[2500, 2500, 2900], [10]], n_items)
    excluded = np.zeros((2, n_items), dtype=np.bool_)
    excluded[:, 2900] = True
    best = ranker.rank(people, excluded, 5, exact=exact).best
    assert best.items[0, 0] == 2500
    assert 2900 not in best.items
    assert best.items[1].tolist() == [10, 0, 1, 2, 3]
    if not exact:
        plain = replace(ranker, own_items=False).rank(people, excluded, 5).best
        assert 2500 not in plain.items[0]
