from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import pytest

from tastemaker import People, Progress, State, TrainingData
from tastemaker.data import Float32Array
from tastemaker.engine import Tastemaker
from tastemaker.errors import TrainingError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql.database import Database
from tastemaker.training.snapshot import Snapshot, read_snapshot
from tastemaker_plugins.popularity.popular import Popular

COUNTRIES = {"person-0": "France", "person-1": "Chile", "person-2": None, "person-3": "France"}


class ByCountry(Popular):
    """Refuses to work without the country that people declared."""

    name: ClassVar[str] = "by-country"
    uses_features: ClassVar[bool] = True

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Fits only where there are features, as many as people."""
        assert len(data.people.features["country"]) == len(data.people)
        return super().fit(data, progress)

    def score(self, people: People) -> Float32Array:
        """Scores only where there are features, as many as people."""
        assert len(people.features["country"]) == len(people)
        return super().score(people)

    @classmethod
    def restore(cls, state: State) -> Self:
        """As any other."""
        return super().restore(state)


@pytest.fixture
def engine(database: Database, key: Key) -> Tastemaker:
    """Four people and a fifth without interactions; each chose eight items, one a day."""
    engine = Tastemaker(database, key=key, plugins=[ByCountry])
    engine.upgrade()
    rows = [
        {"user_id": user, "attributes": {"country": country, "secret": "s"} if country else {}}
        for user, country in {**COUNTRIES, "nobody": "Peru"}.items()
    ]
    engine.put_users(reversed(rows), features=["country"])
    with database.writing() as connection:
        for place, user in enumerate(COUNTRIES):
            for item in range(8):
                moment = 1e9 + 86_400 * item
                engine.record(user, f"item-{(item + place) % 9}", at=moment, connection=connection)
    return engine


def snapshot(database: Database, key: Key, features: bool) -> Snapshot:
    with database.writing() as connection:
        ring: Keyring = create_keyring(connection, key)
        return read_snapshot(connection, ring, 3, features=features)


def test_declared_features_come_with_the_people(
    database: Database, engine: Tastemaker, key: Key
) -> None:
    data = snapshot(database, key, features=True).data
    assert data.seed == 3
    assert len(data.people) == len(COUNTRIES)
    assert list(data.people.features) == ["country"]
    # in the order of the people: the first item of each tells who it is
    firsts = data.people.histories.items[data.people.histories.indptr[:-1]]
    for first, values in zip(firsts, data.people.features["country"], strict=True):
        country = COUNTRIES[f"person-{data.items.ids[first].removeprefix('item-')}"]
        assert values == ((country,) if country else ())


def test_features_stay_sealed_where_nobody_looks(
    database: Database, engine: Tastemaker, key: Key
) -> None:
    assert snapshot(database, key, features=False).data.people.features == {}


def test_counts_are_those_of_the_items(database: Database, engine: Tastemaker, key: Key) -> None:
    counts = snapshot(database, key, features=False).counts
    assert counts.dtype == np.float32
    assert counts.sum() == 8 * len(COUNTRIES)


def test_a_person_counts_once_for_an_item(database: Database, key: Key) -> None:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        for second in range(50):
            engine.record("somebody", "flooded", at=second)
        for person in range(3):
            engine.record(f"person-{person}", "liked", at=5)
        assert engine.recommend("nobody", k=1)[0].item_id == "liked"
    found = snapshot(database, key, features=False)
    assert dict(zip(found.items.items.ids, found.counts.tolist(), strict=True)) == {
        "flooded": 1,
        "liked": 3,
    }


def test_a_basket_is_not_learnt_in_the_order_of_its_keys(database: Database, key: Key) -> None:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        for item in range(30):
            engine.record("somebody", f"item-{item}", at=1e9)
        engine.record("somebody", "earlier", at=1e8)
    items = snapshot(database, key, features=False).data.people.histories.items.tolist()
    assert items[0] == 30
    assert sorted(items[1:]) == list(range(30))
    assert items[1:] != sorted(items[1:])


def test_features_reach_fits_scores_and_recommendations(engine: Tastemaker) -> None:
    release = engine.train(only=["by-country", "recent-popular"])
    assert {member.state for member in release.members} <= {"serving", "no weight"}
    assert engine.recommend("person-0").details.problems == ()


def test_nothing_to_learn_from(database: Database, key: Key) -> None:
    Tastemaker(database, key=key).upgrade()
    with pytest.raises(TrainingError, match="no interactions"):
        snapshot(database, key, features=True)
