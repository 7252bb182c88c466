"""Health: what is wrong is said, whatever it is, and nothing is raised."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pytest
from sqlalchemy import Engine, delete, text

from tastemaker import Health, People, Progress, Recommender, State, Tastemaker, TrainingData
from tastemaker.data import Float32Array
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql import tables
from tastemaker.store.sql.database import Database

FAST = ("item-knn", "popular")


class Fails(Recommender):
    """Serves once it is trained, until told to fail."""

    name: ClassVar[str] = "fails"
    family: ClassVar[str] = "collaborative"
    broken: ClassVar[bool] = False
    n_items: int = 0

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        self.n_items = data.n_items
        return self

    def score(self, people: People) -> Float32Array:
        if type(self).broken:
            raise ValueError("a person's own word")
        return np.tile(np.arange(self.n_items, dtype=np.float32), (len(people), 1))

    def state(self) -> State:
        return State({"scores": np.arange(self.n_items, dtype=np.float32)})

    @classmethod
    def restore(cls, state: State) -> Self:
        restored = cls()
        restored.n_items = len(state.arrays["scores"])
        return restored


@pytest.fixture
def broken() -> Iterator[type[Fails]]:
    yield Fails
    Fails.broken = False


def test_a_trained_shop_is_healthy(trained: Tastemaker) -> None:
    health = trained.health()
    assert health.healthy
    assert (health.reachable, health.key, health.release) == (True, "right", 1)
    assert health.schema == health.schema_needed
    assert health.release_age is not None
    assert 0 <= health.release_age < 600
    assert health.trained_at == trained.release().trained_at
    shown = json.loads(json.dumps(health.as_dict()))
    assert shown["healthy"] is True
    assert shown["problems"] == []


def test_a_shop_that_was_never_trained_is_healthy_too(engine: Tastemaker) -> None:
    health = engine.health()
    assert health.healthy
    assert (health.release, health.trained_at, health.release_age) == (None, None, None)


def test_a_database_without_schema(tmp_path: Path, key: Key) -> None:
    with Tastemaker(f"sqlite:///{tmp_path}/bare.db", key=key) as shop:
        health = shop.health()
    assert (health.healthy, health.reachable, health.schema) == (False, True, None)
    assert "tastemaker db upgrade" in health.problems[0]


def test_a_schema_without_keys(sqlite_database: Database, key: Key) -> None:
    health = Tastemaker(sqlite_database, key=key).health()
    assert (health.healthy, health.key) == (False, "none yet")


def test_an_older_schema(trained: Tastemaker, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text(f"UPDATE {tables.VERSION_TABLE} SET version_num = '0001'"))
    health = trained.health()
    assert (health.healthy, health.schema) == (False, "0001")
    assert "0001" in health.problems[0]


def test_a_database_that_went_away(
    postgresql_server: Engine, postgresql_database: Database, key: Key
) -> None:
    shop = Tastemaker(postgresql_database, key=key)
    shop.upgrade()
    assert shop.health().healthy
    name = postgresql_database.engine.url.database
    with postgresql_server.connect() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.exec_driver_sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
    health = shop.health()
    assert (health.healthy, health.reachable) == (False, False)
    assert health.problems
    assert str(name) not in " ".join(health.problems)


def test_a_damaged_release(trained: Tastemaker, database: Database, key: Key) -> None:
    with database.writing() as connection:
        connection.execute(delete(tables.model_chunk))
    health = Tastemaker(database, key=key).health()
    assert not health.healthy
    assert health.release is None
    assert "Release 1 cannot serve" in health.problems[0]


def test_a_release_that_is_gone(trained: Tastemaker, database: Database, key: Key) -> None:
    with database.writing() as connection:
        for table in (tables.model_chunk, tables.model, tables.release):
            connection.execute(delete(table))
    health = Tastemaker(database, key=key).health()
    assert "Release 1, the active one, is missing" in health.problems[0]


def test_a_member_that_cannot_be_restored(
    engine: Tastemaker, database: Database, key: Key, broken: type[Fails]
) -> None:
    with Tastemaker(database, key=key, plugins=[broken]) as shop:
        shop.train(only=["fails"])
        assert shop.health().healthy
    health = Tastemaker(database, key=key).health()
    assert health.out_of_service == {"fails": "is no longer installed"}
    assert not health.healthy


def test_a_member_that_is_switched_off_is_no_problem(trained: Tastemaker) -> None:
    trained.recommend("person-0")
    trained.configure("popular", enabled=False)
    assert trained.health().healthy


def test_a_member_that_keeps_failing(
    engine: Tastemaker, database: Database, key: Key, broken: type[Fails]
) -> None:
    with Tastemaker(database, key=key, plugins=[broken]) as shop:
        shop.train(only=["fails"])
        broken.broken = True
        for _ in range(6):
            assert shop.recommend("person-0")
        health = shop.health()
    assert list(health.out_of_service) == ["fails"]
    assert "ValueError" in health.out_of_service["fails"]
    assert "own word" not in json.dumps(health.as_dict())


def test_problems_are_told_once() -> None:
    assert Health("db").but("one", "two").but("one").problems == ("one", "two")
