from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tastemaker.errors import InputError, StoreError
from tastemaker.store.sql.database import Database


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "cannot be read"),
        ("postgresql://me:secret@host:port/name", "cannot be read"),
        ("mysql://me:secret@host/name", "not on mysql"),
        ("sqlite:////no/such/folder/shop.db", "mkdir -p /no/such/folder"),
        ("sqlite:////tmp", "is a folder"),
        ("postgresql+asyncpg://me:secret@host/name", r"Leave out \+asyncpg"),
        ("sqlite+aiosqlite:///shop.db", r"Leave out \+aiosqlite"),
    ],
)
def test_a_target_that_cannot_work_is_refused_with_a_remedy(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Database(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("url", ["postgresql://localhost:1/shop", "postgres://localhost:1/shop"])
def test_an_unreachable_server_is_named_as_the_problem(url: str) -> None:
    database = Database(url)
    with (
        pytest.raises(StoreError, match="Check that the server runs") as caught,
        database.reading(),
    ):
        pass
    assert caught.value.__context__ is None


def test_a_database_that_the_server_lacks_is_named_as_the_problem(
    postgresql_database: Database,
) -> None:
    url = postgresql_database.engine.url.set(database="nosuch")
    with pytest.raises(StoreError, match="database name in the URL"), Database(url).reading():
        pass


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear diary, " * 100)
    database = Database(f"sqlite:///{tmp_path}/notes.txt")
    with pytest.raises(StoreError, match="not an SQLite database"), database.reading():
        pass


def test_a_path_that_cannot_be_written_is_refused() -> None:
    database = Database("sqlite:////proc/shop.db")
    with pytest.raises(StoreError, match="cannot be opened"), database.reading():
        pass


def test_a_read_only_database_can_be_read_and_not_written(sqlite_database: Database) -> None:
    url = f"sqlite:///file:{sqlite_database.engine.url.database}?mode=ro&uri=true"
    with Database(url) as database:
        with database.reading() as connection:
            connection.exec_driver_sql("SELECT * FROM tastemaker_meta").all()
        with pytest.raises(StoreError, match="read-only"), database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM tastemaker_meta")


def test_without_psycopg_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from tastemaker.store.sql.database import Database\n"
        "Database('postgresql://localhost/shop')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "pip install 'tastemaker[postgres]'" in done.stderr
    assert done.returncode == 1


def test_opening_a_database_loads_neither_alembic_nor_a_driver_it_does_not_need() -> None:
    program = (
        "import sys, tastemaker.store.sql.migrate\n"
        "from tastemaker.store.sql.database import Database\n"
        "Database('sqlite://')\n"
        "print({'alembic', 'psycopg'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "set()\n"
