"""Taking rows out of a database without losing them: into a file first, then out of the tables."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tastemaker.errors import InputError
from tastemaker.io.output_file import output_file
from tastemaker.store.foreign_users import (
    RemovedUsers,
    delete_foreign_users,
    iterate_foreign_users,
)
from tastemaker.store.sql.database import Database


def set_foreign_users_aside(database: Database, path: str | Path) -> RemovedUsers:
    """Moves users that were sealed for another database into a file of JSON lines.

    The file is whole and on disk before anything is deleted. If deleting fails, it stays, and the
    database is as it was.

    Args:
        database: where they are.
        path: the file; only its owner may read it.

    Raises:
        InputError: something stands there already, or it cannot be written.
        StoreError: the database refused; nothing was deleted.
    """
    if os.path.lexists(path):
        raise InputError(f"{path} is there already. Choose another place for what is set aside.")
    with database.writing(operation="setting users aside") as connection:
        with output_file(path) as stream:
            for row in iterate_foreign_users(connection):
                stream.write(json.dumps(row).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        removed = delete_foreign_users(connection)
    database.wipe_traces()
    return removed
