"""An SQLite file that nobody may write is recommended from; writing to it is a typed error."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import Fork

from tastemaker.engine import Tastemaker
from tastemaker.errors import StoreError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.sqlite_engine import is_frozen


@pytest.fixture
def frozen(
    sqlite_database: Database,
    key: Key,
    tmp_path: Path,
    fill: Callable[[Tastemaker, Database], None],
) -> Iterator[Path]:
    """A trained database in a folder, neither of which anybody may write."""
    with Tastemaker(sqlite_database, key=key) as engine:
        engine.upgrade()
        fill(engine, sqlite_database)
        engine.train(only=("item-knn", "popular"))
        # Whoever may read no more than the file cannot import either: now is the time.
        assert engine.recommend("person-0", k=3)
    sqlite_database.dispose()
    folder = Path(tempfile.mkdtemp(suffix=" 50 % # off"))  # not below what is private to the tests
    shutil.copy(tmp_path / "test.db", folder / "shop.db")
    (folder / "shop.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder / "shop.db"
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_file_that_nobody_may_write_is_recommended_from(
    frozen: Path, key: Key, fork: Fork
) -> None:
    def work() -> None:
        if os.geteuid() == 0:  # root may write anything
            os.setuid(65534)
        assert is_frozen(frozen)
        with Tastemaker(f"sqlite:///{frozen}", key=key) as engine:
            answer = engine.recommend("person-0", k=3)
            assert (len(answer), answer.details.release) == (3, 1)
            with pytest.raises(StoreError, match="read-only"):
                engine.record("person-0", "item-1")
        assert [file.name for file in frozen.parent.iterdir()] == ["shop.db"]

    _, status = os.waitpid(fork(work), 0)
    assert status == 0


def test_a_file_that_somebody_may_write_is_not_frozen(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    assert not is_frozen(file)
    with sqlite3.connect(file) as driver:
        driver.execute("CREATE TABLE t (x)")
    driver.close()
    assert not is_frozen(file)
    file.chmod(0o444)
    assert not is_frozen(file)
