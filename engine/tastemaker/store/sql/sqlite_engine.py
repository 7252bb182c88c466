"""An SQLite engine of our own: write-ahead log, durable commits, real transactions."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
import uuid
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, event

from tastemaker.errors import InputError
from tastemaker.store.sql.dialect import OpenedEngine

BUSY_SECONDS = 30.0
"""How long a writer waits for another one; chosen, not measured. A segment of an import, the
longest transaction there is, takes a few seconds (benchmarks/bulk.py)."""

ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

OLDEST_SQLITE = (3, 36, 0)
"""From here on there is RETURNING, and databases in memory that several connections share."""


def open_sqlite(url: URL) -> OpenedEngine:
    """An engine on an SQLite file, or on a new database in memory.

    Raises:
        InputError: the folder does not exist, the path is a folder, or SQLite is too old.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise InputError(
            f"This Python comes with SQLite {sqlite3.sqlite_version}; the engine needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or later. Use a newer Python."
        )
    keeper = None
    if names_no_file(url):
        url = url.set(database=f"file:/{uuid.uuid4().hex}", query={"vfs": "memdb", "uri": "true"})
        # An in-memory database lives as long as one connection to it does.
        keeper = sqlite3.connect(f"{url.database}?vfs=memdb", uri=True)
    file = str(url.database)
    if not file.startswith("file:"):
        check_path(Path(file))
        if is_frozen(Path(file)):
            # Without it SQLite would want to make files beside one that has a write-ahead log.
            frozen = f"file:{quote(str(Path(file).absolute()))}"
            url = url.set(database=frozen, query={**url.query, "immutable": "1", "uri": "true"})
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    immutable = "immutable" in url.query
    event.listen(engine, "connect", set_up_reader if immutable else set_up_connection)
    event.listen(engine, "begin", begin_deferred)
    return OpenedEngine(engine, keeper)


def names_no_file(url: URL) -> bool:
    """Whether an SQLite URL names no file."""
    if url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb":
        return True
    return not url.database or url.database.removeprefix("file:") in ("", ":memory:")


def is_frozen(file: Path) -> bool:
    """Whether nobody can change a file, so that it may be read without any lock.

    It is on a read-only disk, or nobody has the right to write it or to make files in its folder;
    and what was written to it is no longer in a log beside it.
    """
    log = file.with_name(f"{file.name}-wal")
    if not file.is_file() or (log.exists() and log.stat().st_size):
        return False
    if os.statvfs(file).f_flag & os.ST_RDONLY:
        return True
    places = (file, file.parent)
    return not any(os.access(one, os.W_OK) or one.stat().st_mode & ANYBODY_WRITES for one in places)


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


def set_up_connection(connection: sqlite3.Connection, record: Any) -> None:
    """Sets up a new connection of our own engine."""
    # The driver would begin transactions late and deferred; SQLAlchemy's events do it instead.
    connection.isolation_level = None
    turn_on_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")
    record.info["tastemaker"] = True


def set_up_reader(connection: sqlite3.Connection, record: Any) -> None:
    """Sets up a new connection to a file that does not change: there is no log to turn on."""
    connection.isolation_level = None
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
    """Begins SQLAlchemy's transactions on our own SQLite engines for real.

    Straight to the driver: every answer begins one, and SQLAlchemy's way takes ten times as long.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN")
