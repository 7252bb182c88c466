"""A shop after any steps in any order is what a plain model says, on both databases."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine
from tests.conftest import created
from tests.stateful.machine import ShopMachine

from tastemaker.store.crypto.keys import Key

PROGRAMS = int(os.environ.get("PROGRAMS", "300"))
"""How many programs the long form runs on each database; `make stateful PROGRAMS=…`."""

Place = Callable[[], Iterator[str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Gives the URL of a fresh database with the schema, each time it is called."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")

        def copied() -> Iterator[str]:
            shutil.copy(template, tmp_path / "shop.db")
            yield f"sqlite:///{tmp_path}/shop.db"
            for file in tmp_path.glob("shop.db*"):
                file.unlink()

        return copied
    server: Engine = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("postgresql_template")
    return lambda: created(server, template)


def run(place: Place, key: Key, programs: int, steps: int) -> None:
    """Runs programs of steps, each on a database of its own."""
    databases = contextmanager(place)

    class Machine(ShopMachine):
        def __init__(self) -> None:
            self.lent = databases()
            self.url, self.key = self.lent.__enter__(), key  # type: ignore[misc]
            super().__init__()

        def teardown(self) -> None:
            super().teardown()
            self.lent.__exit__(None, None, None)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=programs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_few_programs(place: Place, key: Key) -> None:
    run(place, key, programs=4, steps=15)


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
def test_many_programs(place: Place, key: Key) -> None:
    run(place, key, PROGRAMS, steps=50)
