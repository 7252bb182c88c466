"""While a release is loaded, requests are answered by the one before, and see all else at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import ClassVar, Self

import pytest
from sqlalchemy import Connection
from tests.conftest import Fork
from tests.serving.test_cache import Lengths

from tastemaker import State, Tastemaker
from tastemaker.errors import StoreError
from tastemaker.serving import background
from tastemaker.serving.cache import ServingCache
from tastemaker.store.cache.model_files import ModelFiles
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.sql.database import Database

THREAD = "tastemaker: loading a release"


class Patient(Lengths):
    """Is restored only when the gate opens."""

    name: ClassVar[str] = "patient"
    gate: ClassVar[threading.Event] = threading.Event()
    arrived: ClassVar[threading.Event] = threading.Event()

    @classmethod
    def restore(cls, state: State) -> Self:
        """Waits at the gate."""
        cls.arrived.set()
        assert cls.gate.wait(60)
        return super().restore(state)


@pytest.fixture(autouse=True)
def gate() -> Iterator[threading.Event]:
    """The gate, which is shut; it is opened at the end so that no thread is left."""
    Patient.gate.clear()
    Patient.arrived.clear()
    yield Patient.gate
    Patient.gate.set()


@pytest.fixture
def writer(shop_database: Database, key: Key) -> Tastemaker:
    """An engine of another process than the one that serves; release 2 is of `patient` alone."""
    writer = Tastemaker(shop_database, key=key, plugins=[Patient], exploration=0)
    Patient.gate.set()  # training restores what it stores, to see whether it can
    assert writer.train(only=["patient"], activate=False).number == 2
    Patient.gate.clear()
    Patient.arrived.clear()
    return writer


@pytest.fixture
def server(writer: Tastemaker, shop_database: Database, key: Key) -> Iterator[Tastemaker]:
    """An engine that serves release 1, while release 2 waits to be loaded."""
    url = shop_database.engine.url.render_as_string()
    with Tastemaker(url, key=key, plugins=[Patient], exploration=0) as server:
        assert server.recommend("person-0").details.release == 1
        writer.activate(2)
        yield server
        Patient.gate.set()


def serves(engine: Tastemaker) -> int | None:
    return engine.recommend("person-0").details.release


def loading() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


def test_no_request_waits_for_a_release(server: Tastemaker, gate: threading.Event) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda _: serves(server), range(200))
        assert set(answers) == {1}
    (loader,) = loading()
    gate.set()
    loader.join()
    assert serves(server) == 2


def test_the_catalogue_is_followed_meanwhile(server: Tastemaker, writer: Tastemaker) -> None:
    (first, *_) = server.recommend("person-0")
    writer.set_available([first.item_id], False)
    writer.put_items([{"item_id": "new-1", "title": "A new one"}])
    answer = server.recommend("person-0", k=12)
    assert answer.details.release == 1
    assert first.item_id not in {one.item_id for one in answer}
    assert "new-1" in {one.item_id for one in answer}


def test_what_is_switched_off_stops_meanwhile(
    server: Tastemaker, writer: Tastemaker, gate: threading.Event
) -> None:
    assert "item-knn" in server.recommend("person-0").details.weights
    writer.configure("item-knn", enabled=False)
    answer = server.recommend("person-0")
    assert answer.details.release == 1
    assert "item-knn" not in answer.details.weights
    gate.set()
    loading()[0].join()
    assert serves(server) == 2


def test_who_activates_with_the_engine_that_serves_waits_for_it(
    server: Tastemaker, gate: threading.Event
) -> None:
    assert serves(server) == 1
    threading.Timer(0.1, gate.set).start()
    server.activate(2)
    assert serves(server) == 2
    server.activate(1)
    assert serves(server) == 1


def test_a_fresh_engine_loads_what_is_active_before_it_answers(
    writer: Tastemaker, gate: threading.Event
) -> None:
    writer.activate(2)
    gate.set()
    assert serves(writer) == 2
    assert loading() == []


def test_what_is_switched_on_again_serves_when_it_is_loaded(
    writer: Tastemaker, shop_database: Database, key: Key
) -> None:
    server = Tastemaker(shop_database, key=key, exploration=0)
    writer.configure("item-knn", enabled=False)
    assert "item-knn" not in server.recommend("person-0").details.weights
    server.configure("item-knn", enabled=True)
    assert "item-knn" in server.recommend("person-0").details.weights


def test_closing_ends_the_thread(server: Tastemaker, gate: threading.Event) -> None:
    assert serves(server) == 1
    (loader,) = loading()
    threading.Timer(0.1, gate.set).start()
    server.close()
    assert not loader.is_alive()


def test_a_child_forked_while_a_plugin_hangs_answers(
    server: Tastemaker, fork: Fork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "FORK_WAIT", 0.01)
    assert serves(server) == 1
    assert Patient.arrived.wait(60)

    def work() -> None:
        assert serves(server) == 1
        Patient.gate.set()
        server.activate(2)
        assert serves(server) == 2

    _, status = os.waitpid(fork(work), 0)
    assert status == 0


def test_threads_of_a_child_forked_during_the_first_load_answer(
    writer: Tastemaker,
    shop_database: Database,
    key: Key,
    gate: threading.Event,
    fork: Fork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "FORK_WAIT", 0.01)
    writer.activate(2)
    url = shop_database.engine.url.render_as_string()
    with Tastemaker(url, key=key, plugins=[Patient], exploration=0) as server:
        first = threading.Thread(target=serves, args=(server,))
        first.start()  # it loads, with the lock of what serves held
        assert Patient.arrived.wait(60)

        def work() -> None:
            gate.set()
            sys.setswitchinterval(1e-6)
            begin = threading.Barrier(8)

            def answer(_: int) -> int | None:
                begin.wait()
                return serves(server)

            signal.alarm(30)  # which ends a child that hangs
            with ThreadPoolExecutor(8) as threads:
                assert set(threads.map(answer, range(8))) == {2}

        statuses = [os.waitpid(fork(work), 0)[1] for _ in range(8)]
        gate.set()
        first.join()
    assert statuses == [0] * 8


def test_a_fork_waits_for_a_first_load(
    writer: Tastemaker, shop_database: Database, key: Key, gate: threading.Event, fork: Fork
) -> None:
    writer.activate(2)
    url = shop_database.engine.url.render_as_string()
    with Tastemaker(url, key=key, plugins=[Patient], exploration=0) as server:
        first = threading.Thread(target=serves, args=(server,))
        first.start()
        assert Patient.arrived.wait(60)
        threading.Timer(0.2, gate.set).start()
        _, status = os.waitpid(fork(lambda: loaded(server)), 0)
        first.join()
    assert status == 0


def loaded(engine: Tastemaker) -> None:
    """Nothing, if the engine answers without loading; the gate is shut for others."""
    Patient.arrived.clear()
    assert serves(engine) == 2
    assert not Patient.arrived.is_set()


def test_children_forked_at_any_moment_of_a_load_answer(
    server: Tastemaker, writer: Tastemaker, gate: threading.Event, fork: Fork
) -> None:
    gate.set()
    for turn in range(6):
        writer.activate(1 + turn % 2)
        server.recommend("person-0")
        time.sleep(turn / 200)
        _, status = os.waitpid(fork(lambda: serves(server)), 0)
        assert status == 0


def test_a_failure_is_logged_once_and_the_release_before_goes_on(
    writer: Tastemaker, shop_database: Database, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    def refused() -> AbstractContextManager[Connection]:
        tried.append("a connection")
        raise StoreError("loading", "OperationalError")

    with shop_database.reading() as connection:
        files = ModelFiles(open_keyring(connection, key), None)
    cache = ServingCache(files, refused, [Patient])
    assert now(cache, shop_database) == 1
    writer.activate(2)
    for _ in range(20):
        assert now(cache, shop_database) == 1
        for thread in loading():
            thread.join()
    assert tried == ["a connection"]
    assert "failed during loading (OperationalError)" in caplog.text


def now(cache: ServingCache, database: Database) -> int | None:
    """The release that a cache serves."""
    with database.reading() as connection:
        return cache.current(connection).release
