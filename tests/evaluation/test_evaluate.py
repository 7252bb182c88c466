from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from tastemaker.data import Float32Array, People, TrainingData
from tastemaker.engine import Tastemaker
from tastemaker.errors import EvaluationError, InputError, NotFoundError, TrainingError
from tastemaker.evaluation.evaluate import PROGRESS_STEPS
from tastemaker.holdout.methods import SPLITS
from tastemaker.recommender import Progress, Recommender, State
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import metadata

PEOPLE, ITEMS = 24, 12
FAST = ("item-knn", "popular", "tfidf")
DAY = 86_400.0


class Broken(Recommender):
    """Cannot be trained."""

    name = "broken"
    family = "content"

    def fit(self, data: TrainingData, progress: Progress) -> Broken:
        raise ValueError("no electricity")

    def score(self, people: People) -> Float32Array:
        return np.zeros((len(people), people.n_items), dtype=np.float32)

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> Broken:
        return cls()


def fill(engine: Tastemaker, database: Database) -> None:
    """Even people choose the even items and odd people the odd ones, each from another one on."""
    names = ("even", "odd")
    engine.put_items(
        {"item_id": f"item-{item}", "text": f"an {names[item % 2]} story of {names[item % 2]} folk"}
        for item in range(ITEMS)
    )
    with database.writing() as connection:
        for person in range(PEOPLE):
            for turn in range(ITEMS // 2):
                item = (person % 2 + 2 * (person // 2 + turn)) % ITEMS
                at = 1_600_000_000.0 + turn * DAY + person * 60
                engine.record(f"person-{person}", f"item-{item}", "like", 1.0, at, connection)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, key: Key) -> Iterator[Tastemaker]:
    """One for all tests of this file that change nothing: an evaluation does not."""
    with Database(f"sqlite:///{tmp_path_factory.mktemp('data')}/test.db") as database:
        yield from filled(database, key)


@pytest.fixture
def own_engine(database: Database, key: Key) -> Iterator[Tastemaker]:
    """One that may be changed, on each of the two systems."""
    yield from filled(database, key)


def filled(database: Database, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(database, key=key, plugins=[Broken]) as engine:
        engine.upgrade()
        fill(engine, database)
        yield engine


def everything(database: Database) -> dict[str, list[str]]:
    """All rows of all tables."""
    with database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in metadata.sorted_tables
        }


def test_everyone_is_shown_the_one_item_that_is_left(engine: Tastemaker) -> None:
    report = engine.evaluate("last", cutoffs=(2, 1), only=["item-knn"])
    assert (report.people, report.cutoffs, report.main) == (PEOPLE, (1, 2), 1)
    assert report.training_interactions == PEOPLE * (ITEMS // 2 - 1)
    for one in report.models:
        assert one.measured is not None
        means = {name: own.mean for name, own in one.measured.measures.items()}
        for name in ("ndcg@1", "recall@2", "hit_rate@1", "mrr@2"):
            assert means[name] == 1
        assert one.measured.coverage["coverage@1"] == 1
        assert one.measured.reach == (1, 1, 1, 1, 1)
        # ten of the twelve people of its kind knew each item
        assert means["novelty@1"] == pytest.approx(-math.log2(10 / PEOPLE))
        assert means["popularity_gap@1"] == 0
        # the second item of a list is of the other kind, which none of the same people chose
        assert means["diversity@2"] == pytest.approx(1)
        assert math.isnan(means["diversity@1"])
    knn = report.models[0]
    assert knn.measured is not None
    assert report.gain_over(knn).low == report.gain_over(knn).high == 0


def test_the_envelope_has_every_length_that_somebody_reaches(engine: Tastemaker) -> None:
    report = engine.evaluate("last", only=FAST)
    assert [(point.length, point.people) for point in report.points] == [
        (0, PEOPLE),
        (1, PEOPLE),
        (2, PEOPLE),
    ]
    assert all(set(point.quality) == {*FAST, "blend"} for point in report.points)
    assert report.points[2].quality["item-knn"].mean > report.points[0].quality["item-knn"].mean


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_can_be_measured(engine: Tastemaker, split: str) -> None:
    report = engine.evaluate(split, only=FAST)
    assert report.split == split
    assert report.people > 0
    assert [one.name for one in report.models] == [*FAST, "blend"]
    assert all(0 <= report.headline_of(one).mean <= 1 for one in report.ranked)


def test_unavailable_items_are_never_held_out(own_engine: Tastemaker) -> None:
    own_engine.set_available([f"item-{item}" for item in range(0, ITEMS, 2)], False)
    report = own_engine.evaluate("last", only=["item-knn"], cutoffs=[1])
    assert report.people == PEOPLE // 2
    assert report.headline_of(report.blend).mean == 1
    assert report.blend.measured is not None
    assert report.blend.measured.coverage["coverage@1"] == 1


def test_nothing_is_written_and_what_serves_goes_on_serving(
    own_engine: Tastemaker, database: Database
) -> None:
    own_engine.train(only=["item-knn"])
    before, answer = everything(database), own_engine.recommend("person-1")
    own_engine.evaluate(only=["popular"])
    assert everything(database) == before
    assert own_engine.recommend("person-1") == answer
    assert own_engine.recommend("person-1").details.release == 1


def test_what_letting_new_items_in_costs_is_noted(own_engine: Tastemaker) -> None:
    own_engine.put_items({"item_id": f"new-{number}"} for number in range(3))
    own_engine.set_exploration(1.0)
    report = own_engine.evaluate("last", only=["item-knn"], cutoffs=[5])
    (note,) = [note for note in report.notes if note.startswith("Exploration (100%")]
    assert "3 more items are shown" in note
    assert report.headline_of(report.blend).mean == 1
    own_engine.set_exploration(0.0)
    assert not [
        note for note in own_engine.evaluate("last", only=["item-knn"]).notes if "Explor" in note
    ]


def test_what_candidates_cost_is_noted_unless_every_item_is_scored(engine: Tastemaker) -> None:
    report = engine.evaluate("last", only=FAST, cutoffs=[5])
    (note,) = [note for note in report.notes if note.startswith("Ranking every item")]
    # in so small a catalogue every item is scored anyway
    figure = f"{report.headline_of(report.blend).mean:.4f}"
    assert f"NDCG@5 of {figure} instead of {figure}, and 100.0% of the same" in note
    exact = engine.evaluate("last", only=FAST, cutoffs=[5], exact=True)
    assert not [note for note in exact.notes if "every item" in note]


def test_the_same_seed_gives_the_same_figures(engine: Tastemaker) -> None:
    first, second = (
        engine.evaluate("people", only=["popular"], seed=5).to_json() for _ in range(2)
    )
    assert first["envelope"] == second["envelope"]
    assert first["people"] == second["people"]


def test_a_recommender_that_cannot_be_trained_is_named(engine: Tastemaker) -> None:
    report = engine.evaluate("last", only=["item-knn", "broken"])
    broken = report.models[1]
    assert (broken.member.state, broken.measured) == ("failed", None)
    assert "ValueError" in broken.member.problem  # whose text is not quoted
    assert "ValueError" in str(report.summary_rows()[-1])


def test_at_most_so_many_people_are_evaluated(engine: Tastemaker) -> None:
    report = engine.evaluate("last", only=["popular"], people=7)
    assert report.people == 7
    assert {point.people for point in report.points} == {7}


def test_progress_goes_from_nothing_to_all(engine: Tastemaker) -> None:
    told: list[tuple[int, int, str]] = []
    engine.evaluate(
        only=FAST, progress=lambda done, total, what="": told.append((done, total, what))
    )
    done = [step[0] for step in told]
    assert done == sorted(done)
    assert done[0] == 0 and done[-1] > 0.9 * PROGRESS_STEPS
    assert {step[1] for step in told} == {PROGRESS_STEPS}
    assert any("fitting item-knn" in step[2] for step in told)
    assert any("evaluating blend" in step[2] for step in told)


@pytest.mark.parametrize("cutoffs", [(), (0,), (1001,), (10, -1), (2.5,), (True,)])
def test_impossible_cutoffs_are_refused(engine: Tastemaker, cutoffs: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="cutoff"):
        engine.evaluate(cutoffs=cutoffs)


@pytest.mark.parametrize("people", [0, -3, True])
def test_an_impossible_number_of_people_is_refused(engine: Tastemaker, people: int) -> None:
    with pytest.raises(InputError, match="people"):
        engine.evaluate(people=people)


def test_what_is_not_there_is_refused(engine: Tastemaker) -> None:
    with pytest.raises(InputError, match="no split 'future'"):
        engine.evaluate("future")
    with pytest.raises(NotFoundError, match="no recommender 'magic'"):
        engine.evaluate(only=["magic"])


def test_too_little_data_says_so(sqlite_database: Database, key: Key) -> None:
    with Tastemaker(sqlite_database, key=key) as engine:
        engine.upgrade()
        with pytest.raises(TrainingError, match="no interactions"):
            engine.evaluate()
        engine.record("alice", "item-1", at=1.0)
        with pytest.raises(EvaluationError, match="too little data"):
            engine.evaluate("last")


def test_a_report_that_cannot_be_written_says_so(engine: Tastemaker, tmp_path: Path) -> None:
    report = engine.evaluate("last", only=["popular"])
    with pytest.raises(InputError, match="cannot be written"):
        report.save(tmp_path / "nowhere" / "report.html")
