"""Taking interactions back, and the log-in: two users who are one person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, NotFoundError
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import erasure

Fork = Callable[[Callable[[], object]], int]


def exported(shop: Tastemaker, user_id: str) -> list[Any]:
    interactions = shop.export(user_id)["interactions"]
    assert isinstance(interactions, list)
    return interactions


def test_what_was_recorded_is_taken_back(engine: Tastemaker) -> None:
    for kind, at in (("view", 2_000_000), ("view", 3_000_000), ("like", 3_000_000)):
        engine.record("anna", "item-1", kind, at=at)
    engine.record("anna", "item-2", "view", at=2_000_000)
    engine.record("bert", "item-1", "view", at=2_000_000)
    assert engine.remove("anna", "item-1", "view", at=2_000_000) == 1
    assert engine.remove("anna", "item-1", "view", at=2_000_000) == 0
    assert engine.remove("anna", "item-1", at=9_000_000) == 0
    assert engine.remove("anna", "item-1", "no such kind") == 0
    assert engine.remove("anna", "item-1") == 2
    assert [one["item_id"] for one in exported(engine, "anna")] == ["item-2"]
    assert len(exported(engine, "bert")) == 1
    assert engine.remove("nobody", "item-1") == 0
    with pytest.raises(InputError, match="user_id is empty"):
        engine.remove("", "item-1")


def test_the_very_next_answer_knows(trained: Tastemaker) -> None:
    trained.record("anna", "item-1", "like")
    assert "item-1" not in {one.item_id for one in trained.recommend("anna", k=50)}
    trained.remove("anna", "item-1")
    assert "item-1" in {one.item_id for one in trained.recommend("anna", k=50)}


def test_after_the_log_in_everything_belongs_to_the_known_user(
    engine: Tastemaker, database: Database
) -> None:
    engine.put_users([{"user_id": "visitor", "town": "Ulm", "age": 3}])
    engine.put_users([{"user_id": "anna", "town": "Graz"}], features=["town"])
    engine.record("visitor", "item-1", "view", 2.0, at=2_000_000)
    engine.record("visitor", "item-2", "view", 2.0, at=2_000_000)
    engine.record("anna", "item-1", "view", 7.0, at=2_000_000)
    engine.record("anna", "item-3", "view", 1.0, at=1_000_000)
    assert engine.merge_users("visitor", "anna") == (1, 1)
    found = {one["item_id"]: one["value"] for one in exported(engine, "anna")}
    assert found == {"item-1": 7.0, "item-2": 2.0, "item-3": 1.0}
    assert engine.export("anna")["attributes"] == {"town": "Graz", "age": 3}
    with pytest.raises(NotFoundError):
        engine.export("visitor")
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(erasure)) == 0
    assert engine.merge_users("visitor", "anna") == (0, 0)


def test_a_known_user_who_is_new(trained: Tastemaker) -> None:
    for item in ("item-1", "item-3"):
        trained.record("visitor", item, "like", at=2_000_000)
    before = [(one.item_id, one.score) for one in trained.recommend("visitor")]
    assert trained.merge_users("visitor", "fresh") == (2, 0)
    assert [(one.item_id, one.score) for one in trained.recommend("fresh")] == before
    assert trained.recommend("visitor").details.history_length == 0


def test_nobody_is_merged_with_themselves(engine: Tastemaker) -> None:
    with pytest.raises(InputError, match="same user"):
        engine.merge_users("anna", "anna")


def test_a_merge_joins_the_applications_transaction(engine: Tastemaker, database: Database) -> None:
    engine.record("visitor", "item-1")
    with create_engine(database.engine.url, poolclass=NullPool).connect() as connection:
        assert engine.merge_users("visitor", "anna", connection).moved == 1
        assert engine.remove("anna", "item-1", connection=connection) == 1
        connection.rollback()
    assert len(exported(engine, "visitor")) == 1
    with pytest.raises(NotFoundError):
        engine.show("anna")


def test_many_rows_join_the_applications_transaction(
    engine: Tastemaker, database: Database
) -> None:
    rows = [{"user_id": "anna", "item_id": f"item-{n}"} for n in range(5)]
    with create_engine(database.engine.url, poolclass=NullPool).connect() as connection:
        assert engine.record_many(rows, kind="like", connection=connection).new == 5
        connection.rollback()
        assert engine.record_many(rows[:2], kind="like", connection=connection).new == 2
        connection.commit()
    assert len(exported(engine, "anna")) == 2
