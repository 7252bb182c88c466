"""Syncing from an application's own tables: all of it at first, then what is new or changed.

Rows are read in the order of a column that only grows, the watermark, batch by batch. A batch and
the watermark that it reached are written in one transaction, so an interrupted sync goes on where
it was. Each batch takes in all rows of its last watermark, and the next one begins with that
watermark again: rows of the same moment are never missed, and writing a row twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Engine

from tastemaker.errors import InputError, RowRefusedError
from tastemaker.io.block import ColumnBlock
from tastemaker.io.importing import REQUIRED
from tastemaker.io.intake import Intake, InteractionIntake, ItemIntake, UserIntake
from tastemaker.io.sync_source import (
    RowPart,
    SyncQuery,
    opened_source,
    require_column,
    source_parts,
)
from tastemaker.io.tables import checked_names
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.interactions.columns import FILE_COLUMNS
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written
from tastemaker.store.watermarks import Watermark, put_watermark, read_watermark
from tastemaker.validation import DEFAULT_KIND

Into: TypeAlias = Literal["interactions", "items", "users"]

SYNC_BATCH_ROWS = 100_000
"""Rows of a batch; chosen, not measured: a second or two of the write lock."""

CORRECT_SOURCE = "Nothing of its batch was written. Correct the row or the query, and sync again."
NULL_WATERMARK = "it is NULL, so nobody could tell whether the row is new"


@dataclass(frozen=True)
class Sync:
    """What to sync.

    Attributes:
        name: its name, by which it remembers how far it has come.
        query: what it reads.
        into: what it writes.
        kind: the kind of interactions whose row names none.
        features: attributes of users that recommenders may use.
        batch_rows: rows of a batch.
    """

    name: str
    query: SyncQuery
    into: Into
    kind: str = DEFAULT_KIND
    features: Sequence[str] = ()
    batch_rows: int = SYNC_BATCH_ROWS


@dataclass(frozen=True)
class SyncResult:
    """What came of a sync.

    Attributes:
        name: its name.
        into: "interactions", "items" or "users".
        read: how many rows were read; those of the latest watermark are read again each time.
        new: how many were not in the database yet.
        updated: how many replaced one that was there, or an earlier one.
        watermark: how far it has come; None where there was never a row.
        unread: columns of interactions that mean nothing to a sync.
    """

    name: str
    into: str
    read: int
    new: int
    updated: int
    watermark: object = None
    unread: tuple[str, ...] = ()


class _Batch(NamedTuple):
    """How far a batch came: its last watermark, how many rows, and whether it was the last one."""

    watermark: object
    rows: int
    is_last: bool
    names: tuple[str, ...]


def run_sync(
    database: Database,
    keyring: Keyring,
    sync: Sync,
    source: Engine | str | None = None,
    start: object = None,
    restart: bool = False,
    progress: Progress = no_progress,
) -> SyncResult:
    """Syncs; see `Tastemaker.sync`."""
    since = first_watermark(database, sync, start, restart)
    written, read = Written(0, 0), 0
    with opened_source(source, database) as engine:
        while True:
            with intake_of(sync, keyring) as intake:
                batch = take_batch(engine, sync, since, intake, read)
                if batch.rows:
                    written = written.plus(write_batch(database, sync, intake, batch.watermark))
            read, since = read + batch.rows, batch.watermark
            progress(read, 0, f"Syncing {sync.name}")
            if batch.is_last:
                break
    unread = unread_columns(sync, batch.names)
    return SyncResult(sync.name, sync.into, read, written.new, written.updated, since, unread)


def first_watermark(database: Database, sync: Sync, start: object, restart: bool) -> object:
    """Where the sync begins: None for the very beginning.

    Raises:
        InputError: the name belongs to another sync, or the query needs a start.
    """
    with database.reading("reading a watermark") as connection:
        known = None if restart else read_watermark(connection, sync.name)
    own = (sync.into, sync.query.watermark)
    if known is not None and (known.into, known.column) != own:
        raise InputError(
            f"The sync {sync.name} goes into {known.into} by {known.column} until now. Choose "
            "another name, or begin anew (restart=True, --restart)."
        )
    since = start if known is None else known.value
    if since is None and sync.query.has_parameter:
        raise InputError(
            f"The query of {sync.name} asks for :watermark, and there is none yet. Give the first "
            "one as start."
        )
    return since


def intake_of(sync: Sync, keyring: Keyring) -> Intake:
    """What takes in the rows of a batch."""
    if sync.into == "items":
        return ItemIntake()
    if sync.into == "users":
        return UserIntake(keyring, sync.features)
    return InteractionIntake(keyring, sync.kind)


def take_batch(engine: Engine, sync: Sync, since: object, intake: Intake, read: int) -> _Batch:
    """Takes in the rows of the next batch.

    Args:
        engine: where the rows are.
        sync: what to read.
        since: the watermark to begin with.
        intake: takes them in.
        read: how many rows were read before.

    Raises:
        RowRefusedError: a row cannot be taken.
        StoreError: the source refused the query.
    """
    end = _End(since, sync.batch_rows)
    rows, names = 0, tuple[str, ...]()
    with closing(source_parts(engine, sync.query.since(since))) as parts:
        for names, part in parts:
            if not part:
                check_columns(sync, names)
                continue
            marks = [row[names.index(sync.query.watermark)] for row in part]
            taken = end.place_in(marks, read + rows, sync.query.watermark)
            take_rows(sync, intake, RowPart(names, part[:taken]), read + rows)
            rows += taken
            if taken < len(part):
                return _Batch(end.reached, rows, False, names)
    return _Batch(end.reached, rows, True, names)


class _End:
    """Finds the end of a batch: enough rows beyond the first watermark, none of the last left."""

    def __init__(self, since: object, enough: int) -> None:
        self.reached = since
        self._since = since
        self._left = enough

    def place_in(self, marks: Sequence[object], first: int, column: str) -> int:
        """How many of the next rows, of these watermarks, belong to the batch."""
        for place, mark in enumerate(marks):
            if mark is None:
                raise RowRefusedError(first + place, column, NULL_WATERMARK, CORRECT_SOURCE)
            if self._left <= 0 and mark != self.reached:
                return place
            self._left -= mark != self._since
            self.reached = mark
        return len(marks)


def check_columns(sync: Sync, names: Sequence[str]) -> None:
    """Refuses a query that does not give what the sync needs.

    Raises:
        InputError: a column is missing, there twice, or ill-formed.
    """
    checked_names(names, REQUIRED[sync.into])
    require_column(sync.query.watermark, names)


def take_rows(sync: Sync, intake: Intake, part: RowPart, first: int) -> None:
    """Takes in rows; of items and users the watermark is no attribute.

    Raises:
        RowRefusedError: one cannot be taken.
    """
    columns: dict[str, Sequence[Any]] = dict(
        zip(part.names, zip(*part.rows, strict=True), strict=False)
    )
    if sync.into != "interactions":
        columns.pop(sync.query.watermark, None)
    try:
        intake.add(ColumnBlock(range(first, first + len(part.rows)), columns))
    except RowRefusedError as error:
        refused = error
    else:
        return
    raise RowRefusedError(refused.row, refused.column, refused.reason, CORRECT_SOURCE) from None


def write_batch(database: Database, sync: Sync, intake: Intake, reached: object) -> Written:
    """Writes the rows of a batch, and how far it came, in one transaction."""

    def write(connection: Connection) -> Written:
        written = intake.write(connection)
        put_watermark(connection, sync.name, Watermark(sync.into, sync.query.watermark, reached))
        return written

    return database.write(write, f"syncing {sync.into}")


def unread_columns(sync: Sync, names: Sequence[str]) -> tuple[str, ...]:
    """The columns of interactions that say nothing about one."""
    if sync.into != "interactions":
        return ()
    return tuple(sorted(set(names).difference(FILE_COLUMNS, (sync.query.watermark,))))
