"""The writes of `Tastemaker` as coroutines, which join an asynchronous transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from tastemaker.engine.threaded import AsyncLent, Threaded
from tastemaker.validation import DEFAULT_KIND

if TYPE_CHECKING:
    from tastemaker.io.importing import ImportResult
    from tastemaker.io.tables import TableRows
    from tastemaker.store.erasures import Receipt
    from tastemaker.store.item_removal import DeletedItems
    from tastemaker.store.sql.statements import Written
    from tastemaker.store.users.merge import MergedUsers


class AsyncWrites(Threaded):
    """The methods of `AsyncTastemaker` that take `connection=`."""

    async def put_items(self, rows: TableRows, connection: AsyncLent = None) -> Written:
        """See `Tastemaker.put_items`."""
        return await self._write(lambda own: self.shop.put_items(rows, own), connection)

    async def update_items(self, rows: TableRows, connection: AsyncLent = None) -> int:
        """See `Tastemaker.update_items`."""
        return await self._write(lambda own: self.shop.update_items(rows, own), connection)

    async def put_users(
        self, rows: TableRows, features: Iterable[str] = (), connection: AsyncLent = None
    ) -> Written:
        """See `Tastemaker.put_users`."""
        return await self._write(lambda own: self.shop.put_users(rows, features, own), connection)

    async def update_users(
        self, rows: TableRows, features: Iterable[str] = (), connection: AsyncLent = None
    ) -> int:
        """See `Tastemaker.update_users`."""
        return await self._write(
            lambda own: self.shop.update_users(rows, features, own), connection
        )

    async def set_available(
        self, item_ids: Iterable[str], available: bool, connection: AsyncLent = None
    ) -> int:
        """See `Tastemaker.set_available`."""
        return await self._write(
            lambda own: self.shop.set_available(item_ids, available, own), connection
        )

    async def set_kind(
        self,
        name: str,
        weight: float | None = None,
        repeatable: bool | None = None,
        connection: AsyncLent = None,
    ) -> None:
        """See `Tastemaker.set_kind`."""
        await self._write(lambda own: self.shop.set_kind(name, weight, repeatable, own), connection)

    async def record(
        self,
        user_id: str,
        item_id: str,
        kind: str = "interaction",
        value: float = 1.0,
        at: datetime | float | str | None = None,
        connection: AsyncLent = None,
    ) -> None:
        """See `Tastemaker.record`."""
        await self._write(
            lambda own: self.shop.record(user_id, item_id, kind, value, at, own), connection
        )

    async def record_many(
        self, rows: TableRows, *, kind: str = DEFAULT_KIND, connection: AsyncLent = None
    ) -> ImportResult:
        """See `Tastemaker.record_many`."""
        return await self._write(
            lambda own: self.shop.record_many(rows, kind=kind, connection=own), connection
        )

    async def remove(
        self,
        user_id: str,
        item_id: str,
        kind: str | None = None,
        at: datetime | float | str | None = None,
        connection: AsyncLent = None,
    ) -> int:
        """See `Tastemaker.remove`."""
        return await self._write(
            lambda own: self.shop.remove(user_id, item_id, kind, at, own), connection
        )

    async def delete_items(
        self, item_ids: Iterable[str], connection: AsyncLent = None
    ) -> DeletedItems:
        """See `Tastemaker.delete_items`."""
        return await self._write(lambda own: self.shop.delete_items(item_ids, own), connection)

    async def merge_users(
        self, anonymous: str, known: str, connection: AsyncLent = None
    ) -> MergedUsers:
        """See `Tastemaker.merge_users`."""
        return await self._write(
            lambda own: self.shop.merge_users(anonymous, known, own), connection
        )

    async def tell(
        self,
        user_id: str,
        item_id: str,
        word: str,
        at: datetime | float | str | None = None,
        connection: AsyncLent = None,
    ) -> int:
        """See `Tastemaker.tell`."""
        return await self._write(
            lambda own: self.shop.tell(user_id, item_id, word, at, own), connection
        )

    async def forget(self, user_id: str, connection: AsyncLent = None) -> Receipt:
        """See `Tastemaker.forget`."""
        return await self._write(lambda own: self.shop.forget(user_id, own), connection)
