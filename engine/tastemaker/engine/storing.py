"""What is stored: kinds, files in and out, and people's rights over their data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tastemaker.progress import reporting
from tastemaker.recommender import Progress, no_progress
from tastemaker.store import erasures, items, kinds, meta, rights
from tastemaker.store.erasures import FinishedErasures, Receipt
from tastemaker.store.kinds import KindSummary
from tastemaker.store.sql.dialect import LOG, PAGES
from tastemaker.store.store import Store
from tastemaker.store.users.rows import read_user_page
from tastemaker.validation import DEFAULT_KIND, Id, Json, check_id, check_several

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tastemaker.io.importing import ImportResult, OnError
    from tastemaker.io.plugin_rows import RowFormat
    from tastemaker.io.source import FileFormat
    from tastemaker.plugin.discovery import Plugin

# Files are read and written by rooms that are imported where they are called: few who serve do it.


class Storing:
    """The methods of `Tastemaker` that write and read rows and files."""

    _store: Store

    if TYPE_CHECKING:

        def plugins(self) -> list[Plugin]:
            """See `Configuring.plugins`."""
            ...

    def set_available(
        self,
        item_ids: Iterable[Id],
        available: bool,
        connection: Connection | Session | None = None,
    ) -> int:
        """Sets whether items may be recommended; gives how many of them there are.

        Args:
            item_ids: the application's ids; those that no item has are passed over.
            available: whether they may.
            connection: see `record`.

        Raises:
            InputError: an id is refused.
        """
        checked = [check_id(item_id, "item_id") for item_id in check_several(item_ids, "item_ids")]
        return self._store.write(
            "changing availability",
            lambda own: items.set_available(own, checked, available),
            connection,
        )

    def kinds(self) -> list[KindSummary]:
        """Every kind of interaction by name, with its weight and how many interactions it has."""
        with self._store.reading("listing kinds") as connection:
            return kinds.list_kinds(connection)

    def set_kind(
        self,
        name: str,
        weight: float | None = None,
        repeatable: bool | None = None,
        connection: Connection | Session | None = None,
    ) -> None:
        """Sets how much a kind of interaction counts, and whether its items may come again.

        A new name makes a new kind; what is not given stays as it is. What serves takes it into
        account at once, trained models take up a weight from the next training on.

        Args:
            name: "view", "like", "purchase", "dislike", …
            weight: 1 unless set. An interaction of weight 0.1 counts a tenth as much as one of
                weight 1. Of weight 0 or less it is not learned from and does not count as chosen,
                while its item is left out of recommendations as any other of the history. Below 0
                it stands for a dislike, which only recommenders that learn from dislikes use.
            repeatable: False unless set. An item that a person has had to do with by repeatable
                kinds alone may be recommended to that person again.
            connection: see `record`.

        Raises:
            InputError: a value is refused, or neither is given.
        """

        def work(own: Connection) -> None:
            kinds.set_kind(own, name, weight, repeatable)
            meta.bump_catalogue(own)

        self._store.write("changing a kind", work, connection)

    def import_file(
        self,
        what: str,
        path: str | Path,
        *,
        form: FileFormat | None = None,
        on_error: OnError = "fail",
        rejects: str | Path | None = None,
        features: Sequence[str] = (),
        kind: str = DEFAULT_KIND,
        renamed: Mapping[str, str] | None = None,
        progress: Progress | bool = no_progress,
    ) -> ImportResult:
        """Imports a file of items, users or interactions: CSV, JSON lines or Parquet, .gz too.

        Importing the same file again changes nothing. A file whose name has another ending is read
        by the plugin that brings this format, if one does.

        Args:
            what: "items", "users" or "interactions".
            path: the file, or "-" for standard input.
            form: "csv", "jsonl" or "parquet"; by the file's name or first bytes where not given.
            on_error: "fail" refuses the file for its first bad row; "skip" sets bad rows aside.
            rejects: where they are set aside; beside the file where not given.
            features: attributes of users that recommenders may use.
            kind: the kind of the interactions whose row names none.
            renamed: what columns of other names mean, by the name that they have in the file:
                {"user": "user_id"}.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            FileRefusedError: a row cannot be taken; nothing of the file is kept.
            InputError: the file cannot be read, or an argument is refused.
            SchemaError: the schema is missing, older or newer than it must be.
        """
        from tastemaker.io.importing import import_file

        self._store.require_schema()
        check_several(features, "features")
        brought = row_format(self.plugins, path) if form is None else None
        with reporting(progress) as report:
            return import_file(
                self._store.database,
                self._store.keyring,
                what,
                path,
                form=form,
                on_error=on_error,
                rejects=rejects,
                features=features,
                kind=kind,
                renamed=renamed,
                progress=report,
                brought=brought,
            )

    def export_file(
        self,
        what: str,
        path: str | Path,
        *,
        form: FileFormat | None = None,
        safe: bool = False,
        progress: Progress | bool = no_progress,
    ) -> int:
        """Writes all items, users or interactions into a file, in clear; how many.

        An import of the file gives the same again.

        Args:
            what: "items", "users" or "interactions".
            path: the file, or "-" for standard output; packed where its name ends in .gz.
            form: "csv", "jsonl" or "parquet"; by the file's name where not given.
            safe: whether no field of CSV may be a formula to a spreadsheet; what begins like one
                gets an apostrophe in front.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            InputError: `safe` goes with CSV alone, the file cannot be written, or CSV cannot hold a
                value.
            SchemaError: the schema is missing, older or newer than it must be.
        """
        from tastemaker.io.exporting import export_file

        store = self._store
        store.require_schema()
        with reporting(progress) as report:
            return export_file(
                store.database, store.keyring, what, path, form=form, safe=safe, progress=report
            )

    def user_ids(self) -> Iterator[str]:
        """Every user's id, in clear, in the order in which they came.

        No connection is held between two of them: who comes or goes meanwhile may be among them.
        """
        last = 0
        while True:
            with self._store.reading("reading users") as connection:
                page = read_user_page(connection, self._store.keyring, last)
            if not page:
                return
            yield from page.values()
            last = max(page)

    def show(self, user_id: Id) -> dict[str, Json]:
        """A user's attributes in clear, and how many interactions there are.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._store.reading("showing a user") as connection:
            return rights.show_user(connection, self._store.keyring, check_id(user_id, "user_id"))

    def export(self, user_id: Id) -> dict[str, Json]:
        """Everything stored about a user, in clear.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._store.reading("exporting a user") as connection:
            return rights.export_user(connection, self._store.keyring, check_id(user_id, "user_id"))

    def forget(self, user_id: Id, connection: Connection | Session | None = None) -> Receipt:
        """Deletes everything stored about a user, for good; the receipt says what is pending.

        Erasures that were left unfinished before are finished too, as far as nobody waits long for
        it. Of a user whose erasure is unfinished: the receipt of what was deleted then.

        Args:
            user_id: the application's id of the user.
            connection: see `record`. The receipt is then not complete: deleted bytes cannot leave
                SQLite's log before the application's transaction is committed.

        Raises:
            NotFoundError: there is no such user.
        """
        checked = check_id(user_id, "user_id")
        keyring = self._store.keyring
        forgotten = self._store.write(
            "forgetting a user", lambda own: rights.forget_user(own, keyring, checked), connection
        )
        if connection is not None:
            pending, beyond = (LOG, PAGES), self._store.database.dialect.beyond
            return Receipt(forgotten, pending, beyond, "")
        ledger = self._store.ledger
        done = erasures.finish_at_once(self._store.database, ledger)
        return Receipt(forgotten, done.pending, done.beyond, str(ledger.path) if ledger else "")

    def finish_erasures(self) -> FinishedErasures:
        """Removes the bytes of everybody who was forgotten from the database's files.

        `forget` and `upgrade` do so themselves where nobody waits long for it. This rewrites the
        file (SQLite: others who write wait, and the disk must hold a second copy) or the tables of
        users and interactions (PostgreSQL: others who read wait as well).

        Raises:
            StoreError: the database cannot be reached.
        """
        return erasures.finish_all(self._store.database, self._store.ledger)


def row_format(plugins: Callable[[], Sequence[Plugin]], path: str | Path) -> RowFormat | None:
    """The format of a plugin's in which a file is written, by the ending of its name, or None.

    Args:
        plugins: gives those that there are; not called where the engine reads the file itself.
        path: the file, or "-" for standard input.
    """
    from tastemaker.io.plugin_rows import RowFormat
    from tastemaker.io.source import STANDARD, SUFFIXES

    suffix = Path(str(path).removesuffix(".gz")).suffix.lower()
    if str(path) == STANDARD or not suffix or suffix in SUFFIXES:
        return None
    for one in plugins():
        if one.extension is not None and one.kind == "file format" and "." + one.name == suffix:
            return RowFormat(one.name, one.origin, one.extension.provided)
    return None
