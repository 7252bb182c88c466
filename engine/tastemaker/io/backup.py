"""A backup of all that the engine has in a database, as one encrypted archive."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from tastemaker.errors import InputError
from tastemaker.io.archive_rows import TABLES_BY_NAME, columns_by_table, written_rows
from tastemaker.io.output_file import output_file
from tastemaker.io.source import STANDARD
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.crypto.archive_cipher import ArchiveWriter
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.validation import now_us

ARCHIVE_FORMAT = 1
"""The format of archives. Raise it where an older version would misread what is written."""


class BackedUp(NamedTuple):
    """What went into an archive: how many rows of all tables, and how many of them are users."""

    rows: int
    users: int


def back_up(
    database: Database, key: KeySource, path: str | Path, progress: Progress = no_progress
) -> BackedUp:
    """Writes one state of the database into an archive, while others read and write.

    Args:
        database: where from.
        key: the database's key-encryption key, which opens the archive.
        path: the file, which appears when it is whole, or "-" for standard output.
        progress: told how far it is, in tables.

    Raises:
        InputError: the file cannot be written.
        SchemaError: the schema is missing, older or newer than it must be.
        TamperedError: a row is damaged.
    """
    if str(path).endswith(".gz"):
        raise InputError(f"{path}: what is encrypted cannot be packed. Leave out .gz.")
    counts = dict.fromkeys(TABLES_BY_NAME, 0)
    with database.reading("a backup") as connection, output_file(path) as stream:
        migrate.require_schema(connection)
        writer = ArchiveWriter(stream, key, about(connection))
        for done, name in enumerate(TABLES_BY_NAME):
            progress(done, len(TABLES_BY_NAME), f"Backing up {name}")
            for count, line in written_rows(connection, name):
                counts[name] += count
                writer.write(line)
        writer.close()
        stream.flush()
        if str(path) != STANDARD and stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            os.fsync(stream.fileno())
    return BackedUp(sum(counts.values()), counts["user"])


def about(connection: Connection) -> dict[str, Any]:
    """What an archive says about itself: its format, when it was made, and what its rows hold."""
    return {
        "format": ARCHIVE_FORMAT,
        "time": now_us(),
        "revision": migrate.current_revision(connection),
        "columns": columns_by_table(),
    }
