"""Leases: one holder at a time, on both databases, and free again after a holder was killed."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tastemaker.store import lease as room, meta
from tastemaker.store.crypto.keys import Key
from tastemaker.store.lease import database_time, end_lease, is_leased, lease, take_lease
from tastemaker.store.sql.database import Database
from tastemaker.store.store import Store

KEY = base64.b64encode(bytes(range(32))).decode()
"""The text of the key of every test."""

HOLDER = """
import sys, time
from tastemaker.store.crypto.keys import Key
from tastemaker.store.lease import lease
from tastemaker.store.store import Store

with lease(Store(sys.argv[1], Key(sys.argv[2])), "work", float(sys.argv[3])) as held:
    print(held, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def store(database: Database, key: Key) -> Iterator[Store]:
    store = Store(database, key)
    store.upgrade()
    yield store


def leased(store: Store) -> bool:
    with store.reading("looking") as connection:
        return is_leased(connection, "work")


def take(store: Store, owner: str, seconds: float = 60.0) -> bool:
    return store.write("taking", lambda own: take_lease(own, "work", owner, seconds))


def test_one_holds_it_and_gives_it_back(store: Store) -> None:
    assert not leased(store)
    with lease(store, "work") as first, lease(store, "work") as second, lease(store, "x") as other:
        assert (first, second, other) == (True, False, True)
        assert leased(store)
    assert not leased(store)
    with lease(store, "work") as again:
        assert again


def test_it_is_given_back_when_the_work_fails(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), lease(store, "work"):
        raise ZeroDivisionError
    assert not leased(store)


def test_its_owner_renews_it_and_nobody_else_ends_it(store: Store) -> None:
    assert take(store, "one")
    assert not take(store, "two")
    assert take(store, "one")
    store.write("ending", lambda own: end_lease(own, "work", "two"))
    assert leased(store)
    store.write("ending", lambda own: end_lease(own, "work", "one"))
    assert not leased(store)


def test_one_that_has_ended_is_anybodys(store: Store) -> None:
    assert take(store, "one", -1.0)
    assert not leased(store)
    assert take(store, "two")


def test_what_cannot_be_read_is_nobodys(store: Store) -> None:
    for damage in ("", "{", "[]", '{"owner": "one", "until": "soon"}', "null"):
        with store.writing("damaging") as connection:
            meta.put(connection, "lease:work", damage)
        assert not leased(store)
        assert take(store, "one")


def test_the_time_is_the_database_s_and_now(store: Store) -> None:
    with store.reading("looking") as connection:
        assert abs(database_time(connection) - time.time()) < 60


def test_of_many_at_once_one_gets_it(store: Store) -> None:
    start = Barrier(8)

    def wanted(number: int) -> bool:
        start.wait()
        return take(store, f"owner-{number}")

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(wanted, range(8))) == [False] * 7 + [True]


def test_a_holder_renews_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "RENEWALS", 600)
    with lease(store, "work"):
        first = written(store)
        while written(store) == first:
            time.sleep(0.05)


def written(store: Store) -> str | None:
    with store.reading("looking") as connection:
        return meta.get(connection, "lease:work")


def test_a_killed_holder_keeps_others_out_for_a_while_only(
    store: Store, database: Database
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, KEY, "5"], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == "True\n"
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    while leased(store):
        time.sleep(0.1)
    assert take(store, "another")
