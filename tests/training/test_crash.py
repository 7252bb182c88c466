"""Training and activation killed at any time: the release before goes on serving, whole."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import Engine, event, func, select

from tastemaker.engine import Tastemaker
from tastemaker.recommender import no_progress
from tastemaker.store import releases
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import open_keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import model, model_chunk
from tastemaker.store.store import Store
from tastemaker.training.building import UnsavedRelease, build
from tastemaker.training.inputs import read_training_inputs
from tastemaker.training.reading import read_releases
from tastemaker.training.saving import save
from tastemaker.training.snapshot import Snapshot

Fork = Callable[[Callable[[], object]], int]
PEOPLE = 12


@pytest.fixture
def engine(database: Database, key: Key) -> Iterator[Tastemaker]:
    """A shop with one release."""
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        with database.writing() as connection:
            for person, item in itertools.product(range(PEOPLE), range(6)):
                at = 1e9 + 86_400 * item + person
                name = f"item-{(person + item) % 8}"
                engine.record(f"person-{person}", name, at=at, connection=connection)
        engine.train(only=["popular"])
        yield engine


@pytest.fixture
def ring(database: Database, engine: Tastemaker, key: Key) -> Keyring:
    """The key ring, opened."""
    with database.reading() as connection:
        return open_keyring(connection, key)


def kill_at(engine: Engine, number: int) -> None:
    """Kills this process just before its nth statement or commit."""
    counter = itertools.count(1)

    def count(*_: object) -> None:
        if next(counter) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)


def killed_at_each_step(
    fork: Fork, database: Database, work: Callable[[Database], object]
) -> Iterator[int]:
    """The number of each step at which a process that works was killed, until one gets through."""

    def killed(number: int) -> None:
        own = Database(database.engine.url)
        kill_at(own.engine, number)
        work(own)

    for number in itertools.count(1):
        code = os.waitstatus_to_exitcode(os.waitpid(fork(partial(killed, number)), 0)[1])
        if code == 0:
            return
        assert code == -signal.SIGKILL
        yield number


def stored(database: Database, ring: Keyring) -> list[tuple[int, str]]:
    """The releases, every one of them whole: its manifest and each of its models verified."""
    with database.reading() as connection:
        listed = read_releases(connection, ring)
        counted = 0
        for one in listed:
            for name in (releases.CATALOGUE, *one.recommenders):
                releases.read_model(connection, ring, one.number, name)
                counted += 1
        # no model, and no part of one, that belongs to no release
        assert connection.scalar(select(func.count()).select_from(model)) == counted
        owners = select(func.count(model_chunk.c.model_id.distinct()))
        assert connection.scalar(owners) == counted
    return [(one.number, one.state) for one in listed]


def serving(database: Database, key: Key) -> int | None:
    """The release that answers, without any problem, somebody who opens the database now."""
    with Tastemaker(database, key=key) as engine:
        answer = engine.recommend("person-0")
        assert len(answer)
        assert answer.details.problems == ()
        return answer.details.release


def trained(database: Database, key: Key) -> tuple[UnsavedRelease, Snapshot]:
    """What another training would save."""
    inputs = read_training_inputs(Store(database, key), (), ["popular"], 0)
    data = inputs.snapshot.data
    return build(inputs.registry, inputs.participants, data, no_progress), inputs.snapshot


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_saving_killed_at_any_statement_leaves_the_release_before(
    database: Database, engine: Tastemaker, ring: Keyring, key: Key, fork: Fork
) -> None:
    unsaved, snapshot = trained(database, key)
    steps = 0

    def save_again(own: Database) -> None:
        save(Store(own, key), unsaved, snapshot, activate=True)

    for _ in killed_at_each_step(fork, database, save_again):
        assert stored(database, ring) == [(1, "active")]
        assert serving(database, key) == 1
        steps += 1
    assert steps >= 10
    assert [state for _, state in stored(database, ring)] == ["active", "kept"]
    assert serving(database, key) != 1


def test_activation_killed_at_any_statement_leaves_the_release_before(
    database: Database, engine: Tastemaker, ring: Keyring, key: Key, fork: Fork
) -> None:
    number = save(Store(database, key), *trained(database, key), activate=False).number

    def activate(own: Database) -> None:
        with own.writing() as connection:
            releases.activate(connection, ring, number)

    before = [(number, "kept"), (1, "active")]
    steps = 0
    for _ in killed_at_each_step(fork, database, activate):
        assert stored(database, ring) == before
        assert serving(database, key) == 1
        steps += 1
    # SQLite begins the transaction by a statement; then the manifest, all models, the pointer
    assert steps >= (4 if database.engine.dialect.name == "sqlite" else 3)
    assert stored(database, ring) == [(number, "active"), (1, "kept")]
    assert serving(database, key) == number


def test_training_killed_at_any_moment_leaves_a_whole_release(
    database: Database, engine: Tastemaker, ring: Keyring, key: Key, fork: Fork
) -> None:
    url, generator = database.engine.url, random.Random(5)

    def train() -> None:
        with Tastemaker(Database(url), key=key) as own:
            own.train(only=["popular"])

    start = time.monotonic()
    assert os.waitpid(fork(train), 0)[1] == 0
    usual = time.monotonic() - start
    newest = max(number for number, _ in stored(database, ring))
    for _ in range(5):
        child = fork(train)
        time.sleep(generator.uniform(0, 1.1 * usual))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = stored(database, ring)
        (active,) = (number for number, state in found if state == "active")
        # what was killed after its commit is there; what was killed before is not
        assert active == max(number for number, _ in found) >= newest
        assert serving(database, key) == active
        newest = active
