"""Rotation beside processes that write, and killed at every statement: nothing is lost or stuck."""

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
from sqlalchemy import Engine, event, make_url, select
from tests.store.rotation.conftest import PEOPLE, town

from tastemaker import Database, Key, Tastemaker
from tastemaker.store.rotation import resealing
from tastemaker.store.sql import tables

Fork = Callable[[Callable[[], object]], int]
Find = Callable[[str], int]

WRITERS = 3


def url_of(database: Database) -> str:
    """The database's URL, for a process of its own."""
    return make_url(database.engine.url).render_as_string(hide_password=False)


def write_until_stopped(url: str, key: Key, folder: Path, number: int) -> None:
    """Makes and changes people with a ring that was opened at the start; keeps what was told."""
    acknowledged: dict[str, str] = {}
    with Tastemaker(url, key=key) as shop:
        shop.show("u0")
        (folder / f"{number}.ready").touch()
        for turn in itertools.count():
            if (folder / "stop").exists():
                break
            user_id = f"w{number}-{turn}" if turn % 2 else f"u{number + 3 * (turn // 2 % 4)}"
            shop.put_users([{"user_id": user_id, "town": f"{number} {turn}"}])
            acknowledged[user_id] = f"{number} {turn}"
            shop.record(f"r{number}-{turn}", "tea")
            acknowledged[f"r{number}-{turn}"] = ""
            time.sleep(0.002)
    (folder / f"{number}.json").write_text(json.dumps(acknowledged))


def test_nothing_is_lost_beside_three_live_writers(
    shop: Tastemaker,
    database: Database,
    key: Key,
    data_key: Find,
    fork: Fork,
    tmp_path: Path,
    cells: Callable[[], list[bytes]],
) -> None:
    url, first = url_of(database), data_key("active")
    database.dispose()
    children = [
        fork(partial(write_until_stopped, url, key, tmp_path, number)) for number in range(WRITERS)
    ]
    while len(list(tmp_path.glob("*.ready"))) < WRITERS:
        time.sleep(0.01)
    gone = [shop.keys.rotate(destroy=True).gone for _ in range(3)]
    (tmp_path / "stop").touch()
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * WRITERS
    assert gone[0] == (first,)
    assert all(len(keys) == 1 for keys in gone)
    written = {
        user_id: where
        for file in tmp_path.glob("*.json")
        for user_id, where in json.loads(file.read_text()).items()
    }
    assert len(written) > PEOPLE
    for user_id, where in written.items():
        assert shop.show(user_id)["attributes"] == ({"town": where} if where else {})
    assert shop.keys.verify().is_clean
    assert {cell[4:8] for cell in cells()} == {data_key("active").to_bytes(4, "big")}


def kill_at(engine: Engine, number: int) -> None:
    """Kills this process just before its nth statement or commit."""
    counter = itertools.count(1)

    def count(*_: object) -> None:
        if next(counter) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_killed_at_every_statement_it_goes_on(
    shop: Tastemaker, database: Database, key: Key, data_key: Find, fork: Fork
) -> None:
    url, first = url_of(database), data_key("active")

    def rotate(number: int) -> None:
        resealing.BATCH = 5
        own = Database(url)
        kill_at(own.engine, number)
        Tastemaker(own, key=key).keys.rotate(destroy=True)

    killed = 0
    for number in itertools.count(1):
        status = os.waitpid(fork(partial(rotate, number)), 0)[1]
        if status == 0:
            break
        assert status == signal.SIGKILL
        killed += 1
        for n in (0, PEOPLE - 1):
            assert shop.show(f"u{n}")["attributes"] == {"town": town(n)}
    assert killed > 20
    assert shop.keys.verify().is_clean
    destroyed = [key.key_id for key in shop.keys.status() if key.status == "destroyed"]
    assert first in destroyed
    # However often it was killed, one rotation was begun, and the last one may have been another.
    assert len(destroyed) <= 2


def test_killed_at_every_statement_the_master_key_is_the_old_or_the_new(
    shop: Tastemaker, database: Database, key: Key, fork: Fork
) -> None:
    url, new = url_of(database), Key("bmV3IGtleSBvZiBqdXN0IHRoaXJ0eS10d28gYnl0ZXM=")

    def change(number: int) -> None:
        own = Database(url)
        kill_at(own.engine, number)
        Tastemaker(own, key=key).keys.change_master(new)

    for number in itertools.count(1):
        status = os.waitpid(fork(partial(change, number)), 0)[1]
        if status == 0:
            break
        with database.reading() as connection:
            (wrapped_by,) = set(connection.execute(select(tables.key.c.kek_id)).scalars())
        if wrapped_by == new.id:  # killed after its commit
            break
    with Tastemaker(url, key=new) as again:
        assert again.show("u3")["attributes"] == {"town": town(3)}
    assert number > 5
