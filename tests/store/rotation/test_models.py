"""A model key is rotated as a data key is: releases serve throughout, nothing is left behind."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import select, update
from tests.store.rotation.conftest import PEOPLE
from tests.store.rotation.test_live import kill_at, url_of

from tastemaker import Database, Key, KeyProblem, Tastemaker
from tastemaker.store.sql import tables

Fork = Callable[[Callable[[], object]], int]


@pytest.fixture
def trained(shop: Tastemaker) -> Tastemaker:
    """A shop with two releases."""
    shop.record_many(
        {"user_id": f"u{n % PEOPLE}", "item_id": f"i{n % 7}"} for n in range(5 * PEOPLE)
    )
    for _ in range(2):
        shop.train(only=["popular"])
    return shop


def under(shop: Tastemaker) -> dict[str, int]:
    """How many values of releases are under the model key of each status."""
    return {key.status: key.cells for key in shop.keys.status() if key.purpose == "model"}


def test_releases_are_sealed_and_signed_anew(
    trained: Tastemaker, database: Database, key: Key
) -> None:
    worker = Tastemaker(database, key=key)
    before, cells = worker.recommend("u1", k=3), under(trained)["active"]
    done = trained.keys.rotate("model", destroy=True)
    assert done.reencrypted == (0, 6, 0)  # of each release two models and a manifest
    assert under(trained) == {"destroyed": 0, "active": cells}
    for engine in (worker, Tastemaker(database, key=key)):
        answer = engine.recommend("u1", k=3)
        assert list(answer) == list(before)
        assert answer.details.problems == before.details.problems == ()
    assert [one.state for one in trained.releases()].count("active") == 1


def test_a_worker_with_the_former_key_trains_under_the_new_one(
    trained: Tastemaker, database: Database, key: Key
) -> None:
    worker = Tastemaker(database, key=key)
    worker.recommend("u1", k=3)
    trained.keys.rotate("model", destroy=True)
    worker.activate(worker.train(only=["popular"]).number)
    assert trained.keys.verify().is_clean
    assert under(trained)["destroyed"] == 0


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_killed_at_every_statement_a_release_serves_and_it_goes_on(
    trained: Tastemaker, database: Database, key: Key, fork: Fork
) -> None:
    url, before = url_of(database), list(trained.recommend("u1", k=3))

    def rotate(number: int) -> None:
        own = Database(url)
        kill_at(own.engine, number)
        Tastemaker(own, key=key).keys.rotate("model", destroy=True)

    for number in itertools.count(1, 3):
        status = os.waitpid(fork(partial(rotate, number)), 0)[1]
        if status == 0:
            break
        assert status == signal.SIGKILL
        with Tastemaker(database, key=key) as worker:
            answer = worker.recommend("u1", k=3)
            assert (list(answer), answer.details.problems) == (before, ())
    assert number > 20
    assert trained.keys.verify().is_clean


def test_a_damaged_model_keeps_the_former_key(trained: Tastemaker, database: Database) -> None:
    chunk = tables.model_chunk
    with database.writing() as connection:
        sealed = connection.execute(select(chunk.c.sealed)).scalars().first()
        assert sealed is not None
        flipped = type(sealed)(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        connection.execute(update(chunk).where(chunk.c.sealed == sealed).values(sealed=flipped))
    with pytest.raises(KeyProblem, match="former keys stay"):
        trained.keys.rotate("model", destroy=True)
    assert trained.keys.verify().damaged == 1
    assert under(trained)["decrypt"] == 1


def test_a_damaged_manifest_and_pointer_are_found_and_left(
    trained: Tastemaker, database: Database
) -> None:
    with database.writing() as connection:
        row = connection.execute(select(tables.release.c.id, tables.release.c.manifest)).first()
        assert row is not None
        damaged = row.manifest[:-1] + bytes([row.manifest[-1] ^ 1])
        one = update(tables.release).where(tables.release.c.id == row.id)
        connection.execute(one.values(manifest=damaged))
        pointer = update(tables.meta).where(tables.meta.c.name == "active_release")
        connection.execute(pointer.values(value="2:no signature"))
    trained.keys.promote(trained.keys.add("model"))
    assert trained.keys.reencrypt().left == 2
    found = trained.keys.verify()
    assert found.damaged == 2
    assert [problem.partition(":")[0] for problem in found.problems] == [
        "the active release",
        f"release {row.id}",
    ]


def test_several_who_rotate_at_once_leave_nothing_behind(
    trained: Tastemaker,
    database: Database,
    key: Key,
    at_once: Callable[[int, Callable[[int], None]], list[int]],
) -> None:
    url = url_of(database)
    database.dispose()

    def rotate(number: int) -> None:
        with suppress(KeyProblem):  # another one has promoted a key of its own meanwhile
            Tastemaker(url, key=key).keys.rotate(("data", "model")[number % 2], destroy=True)

    assert at_once(4, rotate) == [0] * 4
    for purpose in ("data", "model"):
        assert trained.keys.rotate(purpose, destroy=True).verification.is_clean
    assert {one.status for one in trained.keys.status()} == {"active", "destroyed"}
    assert trained.recommend("u1", k=3)
