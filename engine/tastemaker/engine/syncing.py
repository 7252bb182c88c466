"""Keeping up with an application's own tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from tastemaker.errors import InputError
from tastemaker.progress import reporting
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.store import Store
from tastemaker.store.watermarks import sync_name
from tastemaker.validation import DEFAULT_KIND, check_kind, check_name, check_several

if TYPE_CHECKING:
    from tastemaker.io.sync_source import Query
    from tastemaker.io.syncing import Into, SyncResult


class Syncing:
    """The method of `Tastemaker` that reads an application's own tables."""

    _store: Store

    def sync(
        self,
        select: Query,
        into: Into = "interactions",
        *,
        name: str,
        watermark: str = "updated_at",
        source: Engine | str | None = None,
        start: object = None,
        kind: str = DEFAULT_KIND,
        features: Iterable[str] = (),
        restart: bool = False,
        batch_rows: int | None = None,
        progress: Progress | bool = no_progress,
    ) -> SyncResult:
        """Takes over what is new or changed in an application's own tables: all of it at first.

        Rows are read in the order of the watermark and written batch by batch, each batch in one
        transaction with the watermark that it reached: a sync that was interrupted goes on there.
        Rows of the latest watermark are read again the next time, and writing a row again changes
        nothing. Rows that the application deletes are not noticed.

        Args:
            select: a select of SQLAlchemy, or SQL. Its columns are labelled as in files:
                `user_id`, `item_id`, `kind`, `value`, `timestamp`; or `item_id`, `title`, `text`,
                `available` and attributes; or `user_id` and attributes. SQL may say itself where
                the watermark goes, as `:watermark`; otherwise it is put around the query.
            into: "interactions", "items" or "users".
            name: the name of the sync, by which it remembers how far it has come.
            watermark: a column of the query that only grows when a row is made or changed, never
                NULL: a time, a number or text. An index on it makes every batch quick.
            source: the application's SQLAlchemy engine, or the URL of its database; the engine's
                own database where not given.
            start: the watermark to begin with, the first time.
            kind: the kind of interactions whose row names none.
            features: attributes of users that recommenders may use.
            restart: whether to begin anew, whatever was reached before.
            batch_rows: rows of a batch, at least; 100,000 where not given.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            RowRefusedError: a row is refused; nothing of its batch is written.
            InputError: an argument is refused, or the query lacks a column.
            StoreError: the source, or the database, refused something.
        """
        from tastemaker.io.importing import REQUIRED
        from tastemaker.io.sync_source import SyncQuery
        from tastemaker.io.syncing import SYNC_BATCH_ROWS, Sync, run_sync

        if into not in REQUIRED:
            raise InputError(f"There is no sync into {into!r}; choose {', '.join(REQUIRED)}.")
        store = self._store
        store.require_schema()
        query = SyncQuery(select, check_name(watermark, "watermark", 128))
        declared = list(check_several(features, "features"))
        size = SYNC_BATCH_ROWS if batch_rows is None else batch_rows
        if not isinstance(size, int) or size < 1:
            raise InputError(f"batch_rows is {size!r}; give a whole number of at least 1.")
        job = Sync(sync_name(name), query, into, check_kind(kind), declared, size)
        with reporting(progress) as report:
            return run_sync(
                store.database, store.keyring, job, source, start, restart, progress=report
            )
