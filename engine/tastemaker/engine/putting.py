"""What an application puts in and changes: items and users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tastemaker.store.sql.statements import Written
from tastemaker.store.store import Store
from tastemaker.validation import check_several

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tastemaker.io.tables import TableRows

# The room that reads tables is imported where it is called: few who serve do it.


class Putting:
    """The methods of `Tastemaker` that put items and users in, and change them."""

    _store: Store

    def put_items(self, rows: TableRows, connection: Connection | Session | None = None) -> Written:
        """Adds items, or replaces those that are there already; all of them or none.

        Of an item that is there nothing of the old is kept: to change some of its fields alone, use
        `update_items`.

        Args:
            rows: mappings, or a data frame (pandas, polars, pyarrow, whatever has the Arrow
                PyCapsule interface), with `item_id` and optionally `title`, `text` and `available`
                (bool). Any other column is an attribute, public: text, numbers, bool or lists.
                Attributes may also stand in one mapping, `attributes`. A generator may be of any
                length.
            connection: see `record`.

        Raises:
            RowRefusedError: a row is refused; none is written.
            InputError: the rows are no table, or lack `item_id`.
        """
        from tastemaker.io.putting import put_item_table

        self._store.require_place(connection)
        return put_item_table(self._store.database, rows, connection)

    def update_items(self, rows: TableRows, connection: Connection | Session | None = None) -> int:
        """Changes the fields that rows give, of items that are there; all rows or none.

        What a row does not name, or gives as None, stays: title, text, `available` and every other
        attribute.

        Args:
            rows: as for `put_items`; ids that no item has are passed over.
            connection: see `record`.

        Returns:
            How many of the items there are.

        Raises:
            RowRefusedError: a row is refused; nothing is changed.
            InputError: the rows are no table, or lack `item_id`.
        """
        from tastemaker.io.putting import update_item_table

        self._store.require_place(connection)
        return update_item_table(self._store.database, rows, connection)

    def put_users(
        self,
        rows: TableRows,
        features: Iterable[str] = (),
        connection: Connection | Session | None = None,
    ) -> Written:
        """Adds users, or replaces the attributes of those that are there; all of them or none.

        Attributes that a row does not name are gone: to change some alone, use `update_users`.

        Args:
            rows: mappings or a data frame, as for `put_items`, with `user_id`. Any other column is
                an attribute; ids and attributes are sealed.
            features: attributes that recommenders may use.
            connection: see `record`.

        Raises:
            RowRefusedError: a row is refused; none is written.
            InputError: the rows are no table, or lack `user_id`; a feature has no good name.
        """
        from tastemaker.io.putting import put_user_table

        store = self._store
        self._store.require_place(connection)
        declared = list(check_several(features, "features"))
        return put_user_table(store.database, store.keyring, rows, declared, connection)

    def update_users(
        self,
        rows: TableRows,
        features: Iterable[str] = (),
        connection: Connection | Session | None = None,
    ) -> int:
        """Changes the attributes that rows give, of users who are there; all rows or none.

        What a row does not name, or gives as None, stays.

        Args:
            rows: as for `put_users`; ids that no user has are passed over.
            features: attributes that recommenders may use.
            connection: see `record`.

        Returns:
            How many of the users there are.

        Raises:
            RowRefusedError: a row is refused; nothing is changed.
            InputError: the rows are no table, or lack `user_id`; a feature has no good name.
        """
        from tastemaker.io.putting import update_user_table

        store = self._store
        self._store.require_place(connection)
        declared = list(check_several(features, "features"))
        return update_user_table(store.database, store.keyring, rows, declared, connection)
