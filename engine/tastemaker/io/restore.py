"""Restoring an archive into an empty database, without anybody who was forgotten since."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from sqlalchemy import Connection, exists, insert, select

from tastemaker.errors import InputError, SchemaError
from tastemaker.io.archive_rows import TABLES_BY_NAME, check_known, joined_lines, parsed_rows
from tastemaker.io.backup import ARCHIVE_FORMAT
from tastemaker.io.source import file_size, open_file
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.crypto.archive_cipher import ArchiveReader
from tastemaker.store.crypto.keys import KeySource
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS, InteractionColumns
from tastemaker.store.interactions.write import upsert
from tastemaker.store.key_rows import destroyed_index_keys, open_keyring
from tastemaker.store.ledger import Erased, ErasureLedger
from tastemaker.store.rights import trained_since
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import erasure

ANOTHER_DATABASE = (
    "A restore needs one with nothing of the engine's in it: another file, or on PostgreSQL one "
    "made by createdb. Neither `tastemaker init` nor an import comes before it."
)


class Restored(NamedTuple):
    """What came out of an archive.

    Attributes:
        rows: how many rows were written.
        users: how many of them are users.
        erased: how many users were left out, with all that is theirs, because the ledger of
            erasures says that they were forgotten since.
        unnamed: how many were forgotten whom the ledger cannot name to this backup, so that they
            are back if they were in it: the index key of the backup was destroyed before.
    """

    rows: int
    users: int
    erased: int
    unnamed: int = 0


class LeftOut:
    """Who is not restored: everybody who was forgotten after the archive's row of them was made.

    Whoever came back after that has a newer row, and is restored.

    Args:
        erased: the ledger of erasures.
        unnamed: see `Restored`.
    """

    def __init__(self, erased: Iterable[Erased], unnamed: int) -> None:
        self.unnamed = unnamed
        self._erased = sorted(erased)
        self._latest = {one.ref: one.time for one in self._erased}
        self._created: dict[bytes, int] = {}
        self._keys: set[int] = set()

    @property
    def count(self) -> int:
        """How many people were left out."""
        return len(self._keys)

    def without(self, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A table's rows without theirs; users come before their interactions."""
        if name == "interaction":
            return [row for row in rows if row["user_id"] not in self._keys] if self._keys else rows
        return [row for row in rows if not self._names(row)] if name == "user" else rows

    def _names(self, row: dict[str, Any]) -> bool:
        forgotten: bool = row["created"] <= self._latest.get(row["ref"], row["created"] - 1)
        if forgotten:
            self._keys.add(row["id"])
            self._created[row["ref"]] = row["created"]
        return forgotten

    def enter(self, connection: Connection, columns: Collection[str]) -> None:
        """Enters their erasures, as the database that forgot them had them.

        Args:
            connection: in the transaction that restores.
            columns: of the table of erasures, as the archive's schema has them.
        """
        chosen = select(erasure.c.time, erasure.c.ref)
        known = {(time, bytes(ref)) for time, ref in connection.execute(chosen)}
        for one in self._erased:
            if (one.time, one.ref) in known:
                continue
            created = self._created.get(one.ref)
            trained = {} if created is None else trained_since(connection, created)
            values = {**one._asdict(), "releases": json.dumps(list(trained))}
            given = {name: value for name, value in values.items() if name in columns}
            connection.execute(insert(erasure).values(given))


def restore(
    database: Database,
    key: KeySource,
    path: str | Path,
    ledger: Path | None,
    progress: Progress = no_progress,
) -> Restored:
    """Writes all rows of an archive into an empty database, in one transaction.

    The archive is read twice: all of it is authenticated before anything is written.

    Args:
        database: where to; made from a backup of either database system.
        key: the key-encryption key under which the archive was made.
        path: the archive, a regular file.
        ledger: the file of the ledger of erasures; None to restore everybody.
        progress: told how far it is, in tables.

    Raises:
        InputError: the database is not empty, or the file is no archive.
        WrongKeyError: the archive was made under another key.
        TamperedError: the archive or the ledger was changed, damaged or cut short.
        SchemaError: the archive is of a newer version of the engine.
    """
    with open_file(path) as stream:
        if not file_size(stream):
            raise InputError(f"{path} is no regular file, or is empty. Name an archive in a file.")
        progress(0, len(TABLES_BY_NAME), "Verifying the archive")
        revision = verified(stream, key)
        make_schema(database, revision)
        stream.seek(0)
        with database.writing(operation="a restore") as connection:
            database.dialect.lock_schema(connection)
            refuse_filled(connection)
            restored = _written(connection, ArchiveReader(stream, key), key, ledger, progress)
            for table in TABLES_BY_NAME.values():
                if table.autoincrement_column is not None and "id" in table.c:
                    database.dialect.continue_ids(connection, table)
    migrate.upgrade(database)
    return restored


def verified(stream: BinaryIO, key: KeySource) -> str:
    """The revision of an archive's schema, when every byte of it is authenticated.

    Raises:
        See `restore`.
    """
    reader = ArchiveReader(stream, key)
    for _ in reader.chunks():
        pass
    known = {one.revision for one in migrate.revisions()}
    if reader.about["format"] != ARCHIVE_FORMAT or reader.about["revision"] not in known:
        raise SchemaError(
            "The archive is of a newer version of the engine than this one: run `pip install "
            "--upgrade tastemaker`."
        )
    check_known(reader.about["columns"])
    return str(reader.about["revision"])


def make_schema(database: Database, revision: str) -> None:
    """Makes the schema that an archive's rows fit into, if there is none.

    Raises:
        InputError: the database has another one.
    """
    found = migrate.current(database)
    if found is None:
        migrate.upgrade(database, revision)
    elif found != revision:
        raise InputError(
            f"The database has the schema of revision {found}, the archive that of {revision}. "
            f"{ANOTHER_DATABASE}"
        )


def refuse_filled(connection: Connection) -> None:
    """Refuses a database in which the engine has anything.

    Raises:
        InputError: it has.
    """
    for name, table in TABLES_BY_NAME.items():
        if connection.execute(select(exists(select(table.primary_key.columns[0])))).scalar_one():
            raise InputError(
                f"The database is not empty: it has rows of {name}. {ANOTHER_DATABASE}"
            )


def _written(
    connection: Connection,
    reader: ArchiveReader,
    key: KeySource,
    ledger: Path | None,
    progress: Progress,
) -> Restored:
    counts = dict.fromkeys(TABLES_BY_NAME, 0)
    left_out: LeftOut | None = None
    for line in joined_lines(reader.chunks()):
        name, rows = parsed_rows(line, reader.about["columns"])
        if name == "user" and left_out is None:
            # The database's own keys, which come before its users, verify the ledger.
            left_out = _read_ledger(connection, key, ledger)
        kept = rows if left_out is None else left_out.without(name, rows)
        if not counts[name]:
            progress([*counts].index(name), len(counts), f"Restoring {name}")
        counts[name] += len(kept)
        if kept:
            insert_rows(connection, name, kept)
    if left_out is None:
        left_out = _read_ledger(connection, key, ledger)
    left_out.enter(connection, reader.about["columns"]["erasure"])
    return Restored(sum(counts.values()), counts["user"], left_out.count, left_out.unnamed)


def insert_rows(connection: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    """Writes rows into a table; interactions as columns, each system in its fastest way."""
    if name != "interaction":
        connection.execute(insert(TABLES_BY_NAME[name]), rows)
        return
    columns = [
        np.array([row[column.name] for row in rows], dtype=column.dtype)
        for column in INTERACTION_COLUMNS
    ]
    upsert(connection, InteractionColumns(*columns))


def _read_ledger(connection: Connection, key: KeySource, ledger: Path | None) -> LeftOut:
    if ledger is None:
        return LeftOut([], 0)
    gone = destroyed_index_keys(connection)
    read = ErasureLedger(ledger, open_keyring(connection, key))
    return LeftOut(read.read(gone), read.unnamed(gone))
