"""What an application stores: items, users, interactions, and people's rights over their data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine

from tastemaker.errors import SchemaError
from tastemaker.recommender import Progress, no_progress
from tastemaker.store import items, kinds, meta, rights
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.keys import KeySource, key_from_environment, key_in_hand
from tastemaker.store.interactions.write import record
from tastemaker.store.key_rows import create_keyring, has_keys, open_keyring
from tastemaker.store.rights import Receipt
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.statements import Written
from tastemaker.store.users.features import declare_features
from tastemaker.store.users.rows import iterate_users, put_users
from tastemaker.validation import (
    DEFAULT_KIND,
    Json,
    check_id,
    check_interaction,
    check_several,
    read_item,
    read_user,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tastemaker.io.importing import ImportResult, OnError
    from tastemaker.io.source import FileFormat


class Repository:
    """One SQL database, opened with its key: what is in it, written and read. Threads may share it.

    Args:
        database: an SQLAlchemy URL, the application's own Engine, or a Database.
        key: what opens the sealed values, or its text; from the environment where not given.

    Raises:
        MissingKeyError: there is no key.
        WrongKeyError: it is not the key of this database.
        StoreError: the database cannot be reached.
    """

    def __init__(self, database: str | Engine | Database, key: KeySource | str | None) -> None:
        self._key = key_from_environment() if key is None else key_in_hand(key)
        self._database = database if isinstance(database, Database) else Database(database)
        self._ring: Keyring | None = None
        with self._database.reading("opening the database") as connection:
            if migrate.has_schema(connection) and has_keys(connection):
                self._use(open_keyring(connection, self._key))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the engine's own connections; an Engine of the application is left alone."""
        self._database.dispose()

    @property
    def name(self) -> str:
        """The database's URL as it may be shown."""
        return self._database.name

    def upgrade(self) -> None:
        """Creates or migrates the schema, and makes the database's keys if it has none.

        Any number of processes may do this at once.
        """
        migrate.upgrade(self._database)
        with self._database.writing(operation="making the keys") as connection:
            self._use(create_keyring(connection, self._key))

    # Writing

    def put_items(self, rows: Iterable[Mapping[str, object]]) -> Written:
        """Adds items, or replaces those that are there already.

        Args:
            rows: mappings with `item_id` and optionally `title`, `text`, `available` (bool) and
                `attributes` (public, a mapping of names to text, numbers or lists).

        Raises:
            InputError: a row is refused; none is written.
        """
        checked = [read_item(row) for row in rows]
        with self._writing("writing items") as connection:
            return items.put_items(connection, checked)

    def put_users(
        self, rows: Iterable[Mapping[str, object]], features: Iterable[str] = ()
    ) -> Written:
        """Adds users, or replaces the attributes of those that are there already.

        Args:
            rows: mappings with `user_id` and optionally `attributes`; both are sealed.
            features: attributes that recommenders may use.

        Raises:
            InputError: a row is refused; none is written.
        """
        checked = [read_user(row) for row in rows]
        with self._writing("writing users") as connection:
            declare_features(connection, check_several(features, "features"))
            return put_users(connection, self._keyring, checked)

    def record(
        self,
        user_id: str,
        item_id: str,
        kind: str = "interaction",
        value: float = 1.0,
        at: datetime | float | str | None = None,
        connection: Connection | Session | None = None,
    ) -> None:
        """Records one interaction; the person's very next answer takes it into account.

        The same user, item, kind and time again replaces the value.

        Args:
            user_id: the application's id of the user; new ones are made.
            item_id: the application's id of the item; new ones are made.
            kind: "view", "like", "purchase", "rating", …
            value: a rating, a quantity; 1.0 where there is none.
            at: when; now where not given.
            connection: the application's own connection or session, whose transaction the
                interaction joins: it commits or rolls back with it.

        Raises:
            InputError: a value is refused.
            StoreError: the database refused it; nothing was written.
        """
        moment = datetime.now(UTC) if at is None else at
        row = check_interaction(user_id, item_id, kind, value, moment)
        with self._writing("recording", connection) as open_connection:
            record(open_connection, self._keyring, [row])

    def set_available(self, item_ids: Iterable[str], available: bool) -> int:
        """Says whether items may be recommended; how many of them there are."""
        checked = [check_id(item_id, "item_id") for item_id in check_several(item_ids, "item_ids")]
        with self._writing("changing availability") as connection:
            return items.set_available(connection, checked, available)

    def set_kind(self, name: str, weight: float) -> None:
        """Sets how much a kind of interaction counts: 1 by default, 0 or less for not at all."""
        with self._writing("changing a kind") as connection:
            kinds.set_weight(connection, name, weight)
            meta.bump_catalogue(connection)

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
        progress: Progress = no_progress,
    ) -> ImportResult:
        """Imports a file of items, users or interactions: CSV, JSON lines or Parquet, .gz too.

        Importing the same file again changes nothing.

        Args:
            what: "items", "users" or "interactions".
            path: the file, or "-" for standard input.
            form: "csv", "jsonl" or "parquet"; by the file's name or first bytes where not given.
            on_error: "fail" refuses the file for its first bad row; "skip" sets bad rows aside.
            rejects: where they are set aside; beside the file where not given.
            features: attributes of users that recommenders may use.
            kind: the kind of the interactions whose row names none.
            progress: told how far it is.

        Raises:
            FileRefusedError: a row cannot be taken; nothing of the file is kept.
            InputError: the file cannot be read, or an argument is refused.
        """
        from tastemaker.io.importing import import_file  # not all who serve read files

        check_several(features, "features")
        return import_file(
            self._database,
            self._keyring,
            what,
            path,
            form=form,
            on_error=on_error,
            rejects=rejects,
            features=features,
            kind=kind,
            progress=progress,
        )

    def export_file(
        self,
        what: str,
        path: str | Path,
        *,
        form: FileFormat | None = None,
        progress: Progress = no_progress,
    ) -> int:
        """Writes all items, users or interactions into a file, in clear; how many.

        An import of the file gives the same again.

        Args:
            what: "items", "users" or "interactions".
            path: the file, or "-" for standard output; packed where its name ends in .gz.
            form: "csv", "jsonl" or "parquet"; by the file's name where not given.
            progress: told how far it is.

        Raises:
            InputError: the file cannot be written, or CSV cannot hold a value.
        """
        from tastemaker.io.exporting import export_file

        return export_file(self._database, self._keyring, what, path, form=form, progress=progress)

    # People

    def user_ids(self) -> Iterator[str]:
        """Every user's id, in clear."""
        with self._reading("reading users") as connection:
            for row in iterate_users(connection, self._keyring):
                yield row.user_id

    def show(self, user_id: str) -> dict[str, Json]:
        """A person's attributes in clear, and how many interactions there are.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._reading("showing a user") as connection:
            return rights.show_user(connection, self._keyring, check_id(user_id, "user_id"))

    def export(self, user_id: str) -> dict[str, Json]:
        """Everything stored about a person, in clear.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._reading("exporting a user") as connection:
            return rights.export_user(connection, self._keyring, check_id(user_id, "user_id"))

    def forget(self, user_id: str) -> Receipt:
        """Deletes everything stored about a person, for good.

        Raises:
            NotFoundError: there is no such user.
        """
        checked = check_id(user_id, "user_id")
        with self._writing("forgetting a user") as connection:
            forgotten = rights.forget_user(connection, self._keyring, checked)
        return Receipt(forgotten, self._database.wipe_traces())

    # Behind the scenes

    @property
    def _keyring(self) -> Keyring:
        if self._ring is None:
            raise SchemaError(
                "The database has no schema or no keys yet: call upgrade(), or run "
                "`tastemaker init`."
            )
        return self._ring

    def _use(self, ring: Keyring) -> None:
        self._ring = ring

    def _reading(self, operation: str) -> AbstractContextManager[Connection]:
        return self._database.reading(operation)

    def _writing(
        self, operation: str, connection: Connection | Session | None = None
    ) -> AbstractContextManager[Connection]:
        return self._database.writing(connection, operation)
