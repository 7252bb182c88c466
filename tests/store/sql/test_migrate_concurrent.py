"""Many processes start at once, as the workers of a web application do."""

from __future__ import annotations

from collections.abc import Callable

from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database

PROCESSES = 16
AtOnce = Callable[[int, Callable[[int], None]], list[int]]


def test_sixteen_processes_upgrade_at_once(database_url: str, at_once: AtOnce) -> None:
    def start(_: int) -> None:
        with Database(database_url) as database:
            migrate.upgrade(database)
            with database.reading() as connection:
                migrate.require_schema(connection)

    assert at_once(PROCESSES, start) == [0] * PROCESSES
    with Database(database_url) as database:
        migrate.check(database)


def test_upgrades_and_downgrades_at_once_end_in_one_schema_or_the_other(
    database: Database, at_once: AtOnce
) -> None:
    url = database.engine.url

    def change(number: int) -> None:
        with Database(url) as one:
            if number % 2:
                migrate.downgrade(one, "base")
            else:
                migrate.upgrade(one)

    assert at_once(PROCESSES, change) == [0] * PROCESSES
    migrate.upgrade(database)
    migrate.check(database)
