"""What an application records, takes back, deletes and merges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tastemaker.errors import InputError
from tastemaker.store import item_removal
from tastemaker.store.interactions.remove import remove
from tastemaker.store.interactions.write import record
from tastemaker.store.item_removal import DeletedItems
from tastemaker.store.store import Store
from tastemaker.store.users.merge import MergedUsers, merge_users
from tastemaker.validation import (
    DEFAULT_KIND,
    Id,
    check_id,
    check_interaction,
    check_kind,
    check_several,
    check_time,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tastemaker.io.importing import ImportResult
    from tastemaker.io.tables import TableRows

# The room that reads tables is imported where it is called: few who serve do it.


class Tables:
    """The methods of `Tastemaker` for interactions, and for what goes with them."""

    _store: Store

    def record(
        self,
        user_id: Id,
        item_id: Id,
        kind: str = "interaction",
        value: float = 1.0,
        at: datetime | float | str | None = None,
        connection: Connection | Session | None = None,
    ) -> None:
        """Records one interaction; the user's very next recommendations take it into account.

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
            InputError: a value is refused, or the connection has no transaction to join.
            WrongDatabaseError: the connection is to another database; nothing was written.
            StoreError: the database refused it; nothing was written.
        """
        moment = datetime.now(UTC) if at is None else at
        row = check_interaction(user_id, item_id, kind, value, moment)
        store = self._store
        store.write("recording", lambda own: record(own, store.keyring, [row]), connection)

    def record_many(
        self,
        rows: TableRows,
        *,
        kind: str = DEFAULT_KIND,
        connection: Connection | Session | None = None,
    ) -> ImportResult:
        """Records interactions, as fast as an import of a file.

        All rows are checked before the first is written. Up to a million rows are written in one
        transaction; more of them in several, each with all rows of some people: if one fails, the
        same call again completes it.

        Args:
            rows: mappings or a data frame, as for `put_items`, with `user_id`, `item_id` and
                optionally `kind`, `value` (1.0 where there is none) and `timestamp` (a datetime,
                seconds since 1970 or ISO 8601; UTC where no zone is given). A row without a
                timestamp is of unknown time. Other columns are not read; the result names them.
            kind: the kind of the rows that name none.
            connection: the application's own connection or session, whose transaction all rows
                join.

        Returns:
            How many were new, and how many replaced the value of one of the same user, item, kind
            and time.

        Raises:
            RowRefusedError: a row is refused; none is written.
            InputError: the rows are no table, or lack a column.
            StoreError: the database refused it.
        """
        from tastemaker.io.putting import record_table

        store = self._store
        store.require_place(connection)
        return record_table(store.database, store.keyring, rows, kind, connection)

    def remove(
        self,
        user_id: Id,
        item_id: Id,
        kind: str | None = None,
        at: datetime | float | str | None = None,
        connection: Connection | Session | None = None,
    ) -> int:
        """Takes back what was recorded of a user and an item; how many interactions it was.

        Args:
            user_id: the application's id of the user.
            item_id: the application's id of the item.
            kind: only of this kind; of every kind where not given.
            at: only of this moment; of any where not given.
            connection: see `record`.

        Raises:
            InputError: a value is refused.
            StoreError: the database refused it; nothing was removed.
        """
        user, item = check_id(user_id, "user_id"), check_id(item_id, "item_id")
        name = None if kind is None else check_kind(kind)
        time = None if at is None else check_time(at)
        keyring = self._store.keyring
        return self._store.write(
            "removing interactions",
            lambda own: remove(own, keyring, user, item, name, time),
            connection,
        )

    def delete_items(
        self, item_ids: Iterable[Id], connection: Connection | Session | None = None
    ) -> DeletedItems:
        """Deletes items for good, with everybody's interactions with them.

        Releases that were trained with them serve on without them. To take an item out of
        recommendations and keep what people did with it, use `set_available`. Each item takes a
        look through all interactions, for there is no index by item.

        Args:
            item_ids: the application's ids; those that no item has are passed over.
            connection: see `record`.

        Returns:
            How many items there were, and how many interactions went with them.

        Raises:
            InputError: an id is refused.
            StoreError: the database refused it; nothing was deleted.
        """
        checked = [check_id(item_id, "item_id") for item_id in check_several(item_ids, "item_ids")]
        return self._store.write(
            "deleting items", lambda own: item_removal.delete_items(own, checked), connection
        )

    def merge_users(
        self, anonymous: Id, known: Id, connection: Connection | Session | None = None
    ) -> MergedUsers:
        """Gives a known user everything of an anonymous one, who is deleted: for the log-in.

        What both have (an interaction of the same item, kind and time, or an attribute of the same
        name) stays as the known user has it. Nobody was forgotten, so the ledger of erasures gets
        no entry.

        Args:
            anonymous: the id until now; one that nobody has gives nothing.
            known: the person's own id; made where it is new.
            connection: see `record`.

        Raises:
            InputError: an id is refused, or the two are the same.
            StoreError: the database refused it; nothing was changed.
        """
        first, second = check_id(anonymous, "user_id"), check_id(known, "user_id")
        if first == second:
            raise InputError("Both are the same user. Give the id before the log-in, then the own.")
        keyring = self._store.keyring
        return self._store.write(
            "merging users", lambda own: merge_users(own, keyring, first, second), connection
        )
