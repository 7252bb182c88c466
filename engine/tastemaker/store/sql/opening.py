"""Opening a database: which URLs and engines can be used, and how our own are set up."""

from __future__ import annotations

import sqlite3
import time
import warnings
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from tastemaker.errors import InputError

BUSY_SECONDS = 30.0
OLDEST_SQLITE = (3, 36, 0)  # RETURNING, and in-memory databases shared by several connections
DRIVERS = ("pysqlite", "psycopg", "psycopg2")
EXAMPLES = "Give a URL such as sqlite:///shop.db or postgresql://user@host/name."


def readable_url(target: str | URL) -> URL:
    """The URL of a database that the engine can work on; never shown, it may hold a password.

    Raises:
        InputError: it cannot be read, or names another database system.
    """
    url = parsed(target)
    if url is None:
        raise InputError(f"The database URL cannot be read. {EXAMPLES}")
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise InputError(
            f"The engine runs on SQLite and PostgreSQL, not on {url.get_backend_name()}. {EXAMPLES}"
        )
    if url.get_driver_name() not in DRIVERS:
        raise InputError(
            f"The engine does not work with {url.drivername}. Leave out "
            f"+{url.drivername.partition('+')[2]} and it takes the right driver."
        )
    return url


def parsed(target: str | URL) -> URL | None:
    """The URL, or None for one that cannot be read; the error would show parts of it."""
    try:
        return make_url(target)
    except (ArgumentError, ValueError):
        return None


def checked_engine(engine: Engine) -> Engine:
    """The application's engine, if it can be used; warns where its errors would show values.

    Raises:
        InputError: another database system, or an asynchronous driver.
    """
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise InputError(f"The engine runs on SQLite and PostgreSQL, not on {engine.dialect.name}.")
    if engine.dialect.is_async:
        raise InputError(
            f"{engine.dialect.driver} is an asynchronous driver. Give a synchronous engine to the "
            "same database, such as create_engine('postgresql+psycopg://…')."
        )
    if not engine.hide_parameters:
        warnings.warn(
            "The SQLAlchemy engine given shows parameters in its errors and logs. The engine's own "
            "errors are scrubbed all the same; create yours with hide_parameters=True.",
            stacklevel=3,
        )
    return engine


def is_in_memory(url: URL) -> bool:
    """Whether an SQLite URL names no file."""
    if url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb":
        return True
    return not url.database or url.database.removeprefix("file:") in ("", ":memory:")


def postgresql_engine(url: URL) -> Engine:
    """An engine of our own for PostgreSQL.

    Raises:
        InputError: its driver is not installed.
    """
    defaults = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=defaults)
    except ModuleNotFoundError as error:
        raise InputError(
            f"PostgreSQL needs the package {error.name}, which is not installed. Run "
            "`pip install 'tastemaker[postgres]'`, and begin the URL with postgresql://."
        ) from None


def sqlite_engine(url: URL) -> Engine:
    """An engine of our own for SQLite: WAL, durable commits, real transactions.

    Raises:
        InputError: the folder does not exist, the path is a folder, or SQLite is too old.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise InputError(
            f"This Python comes with SQLite {sqlite3.sqlite_version}; the engine needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or later. Use a newer Python."
        )
    file = str(url.database)
    if not file.startswith("file:"):
        check_path(Path(file))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", set_up_sqlite)
    event.listen(engine, "begin", begin_deferred)
    return engine


def check_path(file: Path) -> None:
    """Refuses a path that SQLite could not open, and says what to do.

    Raises:
        InputError: the folder does not exist, or the path is a folder itself.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder, not a database file. Add a file name to it.")
    if not file.parent.is_dir():
        raise InputError(
            f"The folder {file.parent} does not exist. Create it: mkdir -p {file.parent}"
        )


def set_up_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    """Sets up a new connection of our own engine."""
    # The driver would begin transactions late and deferred; SQLAlchemy's events do it instead.
    connection.isolation_level = None
    turn_on_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")
    record.info["tastemaker"] = True


def turn_on_wal(connection: sqlite3.Connection) -> None:
    """Puts the file into WAL mode, where readers and the writer do not wait for each other.

    It stays in the file, so this is work for the first connection ever. SQLite does not wait for
    other starters here, whatever the busy timeout says, so the waiting is done here.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    if mode not in ("wal", "memory"):
        warnings.warn(
            f"The database's disk does not support SQLite's WAL mode (it stays in {mode} mode), as "
            "network disks do not. Readers and writers will wait for each other: use a local disk.",
            stacklevel=2,
        )


def begin_deferred(connection: Connection) -> None:
    """Begins SQLAlchemy's transactions on our own SQLite engines for real."""
    connection.exec_driver_sql("BEGIN")
