"""kill -9 at every statement of a migration: the old schema or the new one, never between."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import Engine, event, inspect, text

from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import VERSION_TABLE, metadata

Fork = Callable[[Callable[[], None]], int]
TABLES = set(metadata.tables)


def kill_at(engine: Engine, number: int) -> None:
    """Kills this process just before its nth statement or commit."""
    counter = itertools.count(1)

    def count(*_: object) -> None:
        if next(counter) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)


def killed_at_each_step(fork: Fork, work: Callable[[int], None]) -> Iterator[int]:
    """The number of each step at which a process that works was killed, until one gets through."""
    for number in itertools.count(1):
        status = os.waitpid(fork(partial(work, number)), 0)[1]
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            return
        assert code == -signal.SIGKILL
        yield number


def state(database: Database) -> tuple[set[str], str | None]:
    """The tables there are, and the revision."""
    with database.reading() as connection:
        tables = set(inspect(connection).get_table_names())
        if VERSION_TABLE not in tables:
            return tables, None
        return tables, connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))


def test_an_upgrade_killed_at_any_statement_is_completed_by_the_next(
    database_url: str, fork: Fork
) -> None:
    def upgrade(number: int) -> None:
        database = Database(database_url)
        kill_at(database.engine, number)
        migrate.upgrade(database)

    with Database(database_url) as database:
        left = [state(database) for _ in killed_at_each_step(fork, upgrade)]
        assert left == [(set(), None)] * len(left)
        assert len(left) > len(TABLES)
        migrate.check(database)


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_a_downgrade_killed_at_any_statement_leaves_everything(
    database: Database, fork: Fork
) -> None:
    url = database.engine.url

    def downgrade(number: int) -> None:
        child = Database(url)
        kill_at(child.engine, number)
        migrate.downgrade(child, "base")

    left = [state(database) for _ in killed_at_each_step(fork, downgrade)]
    assert left == [({*TABLES, VERSION_TABLE}, migrate.HEAD_REVISION)] * len(left)
    assert len(left) > len(TABLES)
    assert state(database) == ({VERSION_TABLE}, None)
