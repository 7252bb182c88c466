"""Declared features reach the members that look at them, for the known and for newcomers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
import pytest

from tastemaker import (
    Answer,
    People,
    Progress,
    Recommender,
    State,
    Tastemaker,
    TrainingData,
)
from tastemaker.data import Float32Array
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

COUNTRIES = ("France", "Japan")
N_ITEMS = 16


class Compatriots(Recommender):
    """How often people of the same country chose each item; NaN where no country is known."""

    name: ClassVar[str] = "compatriots"
    family: ClassVar[str] = "hybrid"
    uses_features: ClassVar[bool] = True
    countries: list[str]
    counts: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        values = data.people.features["country"]
        self.countries = sorted({country for own in values for country in own})
        self.counts = np.zeros((len(self.countries), data.n_items), dtype=np.float32)
        homes = np.array([self._place(own) for own in values])[data.people.histories.rows]
        np.add.at(self.counts, (homes, data.people.histories.items), 1)
        return self

    def _place(self, values: tuple[str, ...]) -> int:
        return self.countries.index(values[0]) if set(values) & set(self.countries) else -1

    def score(self, people: People) -> Float32Array:
        nobody = ((),) * len(people)
        homes = np.array([self._place(own) for own in people.features.get("country", nobody)])
        scores = self.counts[homes]
        scores[homes < 0] = np.nan
        return np.asarray(scores, dtype=np.float32)

    def state(self) -> State:
        return State({"counts": self.counts}, {"countries": list(self.countries)})

    @classmethod
    def restore(cls, state: State) -> Self:
        restored = cls()
        restored.counts = state.arrays["counts"]
        restored.countries = [str(name) for name in state.values["countries"]]  # type: ignore[union-attr]
        return restored


def row(user_id: str, country: str) -> dict[str, object]:
    return {"user_id": user_id, "attributes": {"country": country, "phone": "0123"}}


@pytest.fixture
def engine(sqlite_database: Database, key: Key) -> Iterator[Tastemaker]:
    """People of France choose the first eight items and people of Japan the others; all but one."""
    with Tastemaker(sqlite_database, key=key, plugins=[Compatriots], exploration=0) as engine:
        engine.upgrade()
        people = [(f"{country}-{n}", country) for country in COUNTRIES for n in range(8)]
        engine.put_users((row(*one) for one in people), features=["country"])
        with sqlite_database.writing() as connection:
            for n, (user_id, country) in enumerate(people):
                own = [8 * COUNTRIES.index(country) + (n + turn) % 8 for turn in range(7)]
                for turn, item in enumerate(own):
                    at = 1_600_000_000 + 86_400 * turn + n
                    engine.record(user_id, f"item-{item}", at=at, connection=connection)
        assert engine.train(only=["compatriots", "popular"]).active
        yield engine


def countries(answer: Answer) -> set[str]:
    return {COUNTRIES[int(one.item_id.removeprefix("item-")) // 8] for one in answer}


def test_a_newcomer_is_served_by_declared_features(engine: Tastemaker) -> None:
    engine.put_users([row("pierre", "France"), row("yuki", "Japan")])
    for user_id, country in (("pierre", "France"), ("yuki", "Japan")):
        answer = engine.recommend(user_id, k=5, explain=True)
        assert countries(answer) == {country}
        assert answer.details.history_length == 0
        assert answer[0].contributions["compatriots"] > 0
    together = engine.recommend_many(["yuki", "a stranger", "pierre"], k=5)
    assert countries(together["yuki"]) == {"Japan"}
    assert countries(together["pierre"]) == {"France"}
    assert len(together["a stranger"]) == 5


def test_a_change_of_a_feature_changes_the_very_next_answer(engine: Tastemaker) -> None:
    engine.put_users([row("pierre", "France")])
    assert countries(engine.recommend("pierre", k=5)) == {"France"}
    engine.put_users([row("pierre", "Japan")])
    assert countries(engine.recommend("pierre", k=5)) == {"Japan"}


def test_the_known_bring_their_features_too(engine: Tastemaker) -> None:
    engine.put_users([row("France-0", "Japan")])
    answer = engine.recommend("France-0", k=5, explain=True)
    by_features = [one.contributions["compatriots"] for one in answer]
    assert max(by_features) > 0
    assert countries(answer[:1]) == {"Japan"}  # type: ignore[arg-type]


def test_an_unknown_country_leaves_the_other_members_to_score(engine: Tastemaker) -> None:
    engine.put_users([row("ana", "Chile")])
    answer = engine.recommend("ana", k=5, explain=True)
    assert len(answer) == 5
    assert {one.contributions["compatriots"] for one in answer} == {0}


def test_what_is_not_declared_is_not_given(
    engine: Tastemaker, sqlite_database: Database, key: Key
) -> None:
    seen: list[tuple[str, ...]] = []

    class Watching(Compatriots):
        name: ClassVar[str] = "watching"

        def score(self, people: People) -> Float32Array:
            seen.append(tuple(people.features))
            return super().score(people)

    with Tastemaker(sqlite_database, key=key, plugins=[Watching]) as watching:
        watching.train(only=["watching", "popular"])
        seen.clear()
        watching.recommend("France-0")
    assert seen == [("country",)]
