"""Each step with its first, second, … statement failing: typed errors, and nothing half done."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event
from tests.storm import steps
from tests.storm.steps import Step, Worker, after
from tests.storm.storm import Storm, promised, seen

from tastemaker import Database, Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.store.store import Store

Break = Callable[[Connection], None]

FEW = (steps.record, steps.put_user, steps.forget)


@pytest.fixture
def broken(request: pytest.FixtureRequest, storm: Storm) -> Break:
    """Has the next statement of a connection fail as such a database does."""
    if storm.url.startswith("sqlite"):
        return _interrupt
    server: Engine = request.getfixturevalue("postgresql_server")

    def terminate(connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        with server.connect() as administrator:
            pid = raw.info.backend_pid
            administrator.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")

    return terminate


def _interrupt(connection: Connection) -> None:
    """SQLite gives the statement up, and no later one."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    answers = iter([1])
    raw.set_progress_handler(lambda: next(answers, 0), 1)


@contextmanager
def failing(database: Database, number: int, broken: Break) -> Iterator[list[int]]:
    """Has the nth statement fail; the list holds its number once it did."""
    counter, failed = itertools.count(1), list[int]()

    def count(connection: Connection, *_: object) -> None:
        if next(counter) == number:
            failed.append(number)
            broken(connection)

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield failed
    finally:
        event.remove(database.engine, "before_cursor_execute", count)


def fail_at_each(storm: Storm, step: Step, broken: Break) -> int:
    """Does a step with each of its statements failing, then without; how many failed."""
    for number in itertools.count(1):
        database = Database(storm.url)
        ledger = storm.folder / "erasures"
        with Tastemaker(database, key=storm.key, ledger=ledger) as shop:
            worker = Worker(shop, Store(database, storm.key), storm.trained, storm.folder)
            done = True
            with failing(database, number, broken) as failed:
                try:
                    step.do(worker)
                except TastemakerError:
                    done = False
            database.dispose()
            found = seen(shop)
        changed = after(step, storm.model, found["releases"])
        if not failed:
            assert found == promised(changed)
            return number - 1
        possible = [changed] if done else [storm.model, changed]
        agreeing = [model for model in possible if promised(model) == found]
        assert agreeing, f"{step.name}, statement {number}: {found}"
        storm.model = agreeing[0]
    raise AssertionError


@pytest.mark.parametrize("kind", FEW, ids=[kind.__name__ for kind in FEW])
def test_a_statement_that_fails_changes_nothing_or_all(
    storm: Storm, broken: Break, kind: Callable[[random.Random], Step]
) -> None:
    assert fail_at_each(storm, kind(random.Random(5)), broken) >= 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", steps.KINDS, ids=[kind.__name__ for kind in steps.KINDS])
def test_whatever_is_done_a_statement_that_fails_changes_nothing_or_all(
    storm: Storm, broken: Break, kind: Callable[[random.Random], Step]
) -> None:
    failed = sum(fail_at_each(storm, kind(random.Random(seed)), broken) for seed in range(3))
    print(f"\n{failed} statements failed")
    assert failed >= 6
