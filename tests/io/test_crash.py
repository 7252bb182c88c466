"""An import killed anywhere, and done again, ends where an undisturbed one does."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event

from tastemaker.io import staging
from tastemaker.io.importing import import_file
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database

State = Callable[[], object]
Write = Callable[[str, str | bytes], Path]
Fork = Callable[[Callable[[], object]], int]

ROWS = 3_000


@pytest.fixture
def path(write: Write) -> Path:
    rows = (f"u{n % 211},i{n % 97},k{n % 3},{n % 5},{n % 1009}\n" for n in range(ROWS))
    return write("a.csv", "user_id,item_id,kind,value,timestamp\n" + "".join(rows))


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several transactions an import."""
    monkeypatch.setattr(staging, "SEGMENT_ROWS", 900)


def killed_at(statement: int, database: Database, keyring: Keyring, path: Path, fork: Fork) -> bool:
    """Imports in a process that is killed at its n-th statement; whether it came to that."""

    def work() -> None:
        left = [statement]

        def count(*_: object) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(database.engine, "before_cursor_execute", count)
        event.listen(database.engine, "commit", count)
        import_file(database, keyring, "interactions", path)

    status = os.waitpid(fork(work), 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0


def test_killed_at_every_statement(
    database: Database, keyring: Keyring, path: Path, state: State, fork: Fork
) -> None:
    killed = 0
    for statement in range(1, 10_000):
        if not killed_at(statement, database, keyring, path, fork):
            break
        killed += 1
    assert killed >= 10
    afterwards = state()
    with database.writing() as connection:
        for table in ("interaction", "item", "kind", "user"):
            connection.exec_driver_sql(f"DELETE FROM tastemaker_{table}")
    import_file(database, keyring, "interactions", path)
    assert state() == afterwards


def rows_by_person(state: object) -> Counter[str]:
    """How many interactions each person has."""
    assert isinstance(state, list)
    user = re.compile(r"\('user_id', '(\w+)'\)")
    found = (user.search(row) for row in state if "('timestamp'" in row)
    return Counter(match[1] for match in found if match)


def test_killed_at_any_moment(
    database: Database, keyring: Keyring, path: Path, state: State, fork: Fork
) -> None:
    generator = random.Random(7)
    in_file = Counter(f"u{n % 211}" for n in range(ROWS))
    for _ in range(8):
        child = fork(lambda: import_file(database, keyring, "interactions", path))
        time.sleep(generator.uniform(0, 0.15))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        # All that the file has of a person is in the database, or nothing.
        assert set(rows_by_person(state()).items()) <= set(in_file.items())
    import_file(database, keyring, "interactions", path)
    assert rows_by_person(state()) == in_file


def test_imports_of_the_same_file_at_the_same_time(
    database: Database, keyring: Keyring, path: Path, state: State, fork: Fork
) -> None:
    work = partial(import_file, database, keyring, "interactions", path)
    children = [fork(work) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    together = state()
    import_file(database, keyring, "interactions", path)
    assert state() == together
