"""The index key rotates beside processes that write and look people up, and is killed anywhere."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.store.rotation.conftest import PEOPLE, town
from tests.store.rotation.test_live import kill_at, url_of

from tastemaker import Database, Key, NotFoundError, Tastemaker
from tastemaker.store.rotation import refs
from tastemaker.store.sql import tables

Fork = Callable[[Callable[[], object]], int]

WORKERS = 3


def work_until_stopped(url: str, key: Key, folder: Path, number: int) -> None:
    """Writes, looks up and forgets people with a ring that was opened at the start.

    Each process has people of its own, so it knows what each of them must be at any time. It fails
    at the first look-up that finds something else.
    """
    acknowledged: dict[str, int] = {}
    with Tastemaker(url, key=key) as shop:
        mine = [f"u{n}" for n in range(number, PEOPLE, WORKERS)]
        acknowledged.update(dict.fromkeys(mine, 0))
        shop.show(mine[0])
        (folder / f"{number}.ready").touch()
        for turn in itertools.count():
            if (folder / "stop").exists():
                break
            known = mine[turn % len(mine)]
            shop.record(known, f"i{turn}")
            acknowledged[known] += 1
            new = f"w{number}-{turn}"
            shop.record_many([{"user_id": new, "item_id": "tea"}, {"user_id": new, "item_id": "j"}])
            acknowledged[new] = 2
            shop.put_users([{"user_id": known, "town": f"{number} {turn}"}])
            for one in (known, new):
                assert shop.show(one)["interactions"] == acknowledged[one], one
            assert shop.show(known)["attributes"] == {"town": f"{number} {turn}"}
            assert len(shop.history(new)) == 2
            forget(shop, f"w{number}-{turn - 3}", acknowledged)
            time.sleep(0.002)
    (folder / f"{number}.json").write_text(json.dumps(acknowledged))


def forget(shop: Tastemaker, user_id: str, acknowledged: dict[str, int]) -> None:
    """Forgets every other one of those who were made."""
    if user_id in acknowledged and int(user_id.rpartition("-")[2]) % 2:
        shop.forget(user_id)
        acknowledged[user_id] = -1


def check(shop: Tastemaker, folder: Path, database: Database) -> int:
    """Everybody is there once, with every interaction; how many were acknowledged."""
    written: dict[str, int] = {}
    for file in folder.glob("*.json"):
        written.update(json.loads(file.read_text()))
    ids = list(shop.user_ids())
    assert len(ids) == len(set(ids))
    assert set(ids) == {one for one, count in written.items() if count >= 0}
    for user_id, count in written.items():
        if count >= 0:
            assert shop.show(user_id)["interactions"] == count
        else:
            with pytest.raises(NotFoundError):
                shop.show(user_id)
    with database.reading() as connection:
        stored = connection.scalar(select(func.count()).select_from(tables.interaction))
    assert stored == sum(count for count in written.values() if count > 0)
    return len(written)


def rotate_beside_workers(
    shop: Tastemaker, database: Database, key: Key, fork: Fork, folder: Path, times: int
) -> None:
    """Rotates the index key beside workers, then looks for all that they were told is there."""
    # Something serves, so that workers can look histories up.
    shop.record("u0", "tea")
    shop.train(only=["popular"])
    shop.remove("u0", "tea")
    url = url_of(database)
    database.dispose()
    children = [
        fork(partial(work_until_stopped, url, key, folder, number)) for number in range(WORKERS)
    ]
    while len(list(folder.glob("*.ready"))) < WORKERS:
        time.sleep(0.01)
    for number in range(times):
        shop.keys.rotate("index", destroy=bool(number % 2))
    (folder / "stop").touch()
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * WORKERS
    assert check(shop, folder, database) > PEOPLE
    assert shop.keys.verify().is_clean


def test_nobody_gets_two_rows_and_no_look_up_fails(
    shop: Tastemaker,
    database: Database,
    key: Key,
    fork: Fork,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refs, "MOVED_AT_ONCE", 3)
    rotate_beside_workers(shop, database, key, fork, tmp_path, 4)


@pytest.mark.slow
def test_the_same_for_long(
    shop: Tastemaker,
    database: Database,
    key: Key,
    fork: Fork,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refs, "MOVED_AT_ONCE", 3)
    rotate_beside_workers(shop, database, key, fork, tmp_path, 100)


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_killed_at_every_statement_it_goes_on_and_everybody_is_found(
    shop: Tastemaker, database: Database, key: Key, fork: Fork
) -> None:
    url, first = url_of(database), index_key(shop)

    def rotate(number: int) -> None:
        refs.MOVED_AT_ONCE = 5
        own = Database(url)
        kill_at(own.engine, number)
        Tastemaker(own, key=key).keys.rotate("index", destroy=True)

    killed = 0
    with Tastemaker(url, key=key) as worker:
        for number in itertools.count(1):
            status = os.waitpid(fork(partial(rotate, number)), 0)[1]
            if status == 0:
                break
            assert status == signal.SIGKILL
            killed += 1
            for n in (0, number % PEOPLE, PEOPLE - 1):
                assert worker.show(f"u{n}")["attributes"] == {"town": town(n)}
            worker.record(f"u{number % PEOPLE}", f"i{number}")
        assert killed > 20
        assert len(list(worker.user_ids())) == PEOPLE
        assert sum(int(str(worker.show(f"u{n}")["interactions"])) for n in range(PEOPLE)) == killed
    assert shop.keys.verify().is_clean
    destroyed = [key.key_id for key in shop.keys.status() if key.status == "destroyed"]
    assert first in destroyed
    assert len(destroyed) <= 2


def index_key(shop: Tastemaker) -> int:
    """The id of the index key that makes refs."""
    return next(
        key.key_id for key in shop.keys.status() if (key.purpose, key.status) == ("index", "active")
    )
