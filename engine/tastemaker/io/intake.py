"""Rows on their way in from an application: all checked first, then written.

What was checked waits in a spool: in memory, and on disk if there is much of it. So rows may come
from a generator of any length, the database is not locked while they come, and a row that is
refused leaves nothing behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, Self

import numpy as np
from sqlalchemy import Connection

from tastemaker.errors import InputError, RowRefusedError
from tastemaker.io.block import Block, Refusal
from tastemaker.io.cell_spool import CellSpool
from tastemaker.io.partition import by_people
from tastemaker.io.rows import interaction_row, item_change, put_item_row, put_user_row
from tastemaker.io.spool import Spool
from tastemaker.io.staging import Stager
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.interactions.bulk import write_segment
from tastemaker.store.item_updates import ItemChange, update_items
from tastemaker.store.items import put_items
from tastemaker.store.sql.statements import Written
from tastemaker.store.users.features import declare_features
from tastemaker.store.users.rows import SealedUser, put_sealed_users, seal_user
from tastemaker.store.users.update import update_sealed_users
from tastemaker.validation import ItemRow, UserRow

RowCheck = Callable[[dict[str, Any]], object]


class Intake(AbstractContextManager["Intake"], Protocol):
    """Takes rows in, and writes them when told to.

    Attributes:
        count: how many rows were taken in.
    """

    count: int

    def add(self, block: Block) -> None:
        """Takes in a block.

        Raises:
            RowRefusedError: a row of it cannot be taken.
        """

    def write(self, connection: Connection) -> Written:
        """Writes everything that was taken in, in the connection's transaction."""


class _Spooled(ExitStack):
    """An intake that spools; closing it deletes the spool."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __enter__(self) -> Self:
        return self


class InteractionIntake(_Spooled):
    """Takes in interactions.

    Args:
        keyring: gives refs and seals ids.
        kind: the kind of the rows that name none.

    Attributes:
        spool: the segments; whole only once `finish` was called.
    """

    def __init__(self, keyring: Keyring, kind: str) -> None:
        super().__init__()
        self._kind, self._keyring = kind, keyring
        self._stager = Stager(keyring, kind)
        self.spool = self.enter_context(Spool())

    def add(self, block: Block) -> None:
        """Takes in a block; see `Intake.add`."""
        refused, segment = self._stager.add(block)
        refuse_rows(
            refused, lambda row: interaction_row(row, self._kind), ("user_id", "item_id"), block
        )
        self.count += len(block)
        self.spool.append(segment)

    def finish(self) -> Spool:
        """The segments of everything."""
        self.spool.append(self._stager.finish())
        return self.spool

    def write(self, connection: Connection) -> Written:
        """Writes everything; see `Intake.write`."""
        written = Written(0, 0)
        # By people, so that each segment has the sealed ids of all of them.
        for segment in by_people(self.finish()):
            written = written.plus(write_segment(connection, self._keyring, segment))
        return written


class ItemIntake(_Spooled):
    """Takes in items."""

    def __init__(self) -> None:
        super().__init__()
        self._spool = self.enter_context(CellSpool(1))

    def add(self, block: Block) -> None:
        """Takes in a block; see `Intake.add`."""
        self.add_rows(checked_rows_of(block, put_item_row, "item_id"))

    def add_rows(self, rows: Iterable[ItemRow]) -> None:
        """Takes in checked rows."""
        for row in rows:
            self._spool.append(json.dumps(row).encode())
            self.count += 1

    def write(self, connection: Connection) -> Written:
        """Writes everything; see `Intake.write`."""
        return put_items(connection, (ItemRow(*json.loads(cell)) for (cell,) in self._spool.rows()))


class ItemUpdateIntake(_Spooled):
    """Takes in changes of items."""

    def __init__(self) -> None:
        super().__init__()
        self._spool = self.enter_context(CellSpool(1))

    def add(self, block: Block) -> None:
        """Takes in a block; see `Intake.add`."""
        for change in checked_rows_of(block, item_change, "item_id"):
            self._spool.append(json.dumps(change).encode())
            self.count += 1

    def write(self, connection: Connection) -> Written:
        """Makes all changes; see `Intake.write`."""
        changes = (json.loads(cell) for (cell,) in self._spool.rows())
        done = update_items(
            connection, (ItemChange(ItemRow(*row), given) for row, given in changes)
        )
        return Written(0, done)


class UserIntake(_Spooled):
    """Takes in users; they are sealed before they are spooled.

    Args:
        keyring: gives refs and seals.
        features: attributes that recommenders may use.
    """

    def __init__(self, keyring: Keyring, features: Sequence[str]) -> None:
        super().__init__()
        self._keyring = keyring
        self._maker = keyring.ref_keys[0]
        self._features = features
        self._spool = self.enter_context(CellSpool(3))
        self._refs = bytearray()

    def add(self, block: Block) -> None:
        """Takes in a block; see `Intake.add`."""
        self.add_rows(checked_rows_of(block, put_user_row, "user_id"))

    def add_rows(self, rows: Iterable[UserRow]) -> None:
        """Takes in checked rows."""
        for row in rows:
            sealed = seal_user(self._keyring, self._maker, row)
            self._spool.append(sealed.ref, sealed.external_id, sealed.attributes)
            self._refs += sealed.ref
            self.count += 1

    def write(self, connection: Connection) -> Written:
        """Writes everything; see `Intake.write`."""
        self._declare(connection)
        return put_sealed_users(connection, self._keyring, self._users())

    def _declare(self, connection: Connection) -> None:
        if self._features:
            declare_features(connection, self._features)

    def _users(self) -> Iterator[SealedUser]:
        """By ascending ref, as all writers write; of the same one in the order they came."""
        refs = np.frombuffer(self._refs, dtype="S16") if self.count else np.zeros(0)
        order = np.argsort(refs, kind="stable").tolist()
        for ref, user_id, attributes in self._spool.rows(order):
            sealed_id, sealed = SealedBytes(user_id), SealedBytes(attributes)
            yield SealedUser(ref, sealed_id, sealed, self._maker.key_id)


class UserUpdateIntake(UserIntake):
    """Takes in changes of users' attributes; see `UserIntake`."""

    def write(self, connection: Connection) -> Written:
        """Makes all changes; see `Intake.write`."""
        self._declare(connection)
        return Written(0, update_sealed_users(connection, self._keyring, self._users()))


def checked_rows_of(block: Block, check: Callable[[dict[str, Any]], Any], key: str) -> list[Any]:
    """The rows of a block, checked.

    Raises:
        RowRefusedError: one cannot be taken.
    """
    passed = []
    refused = list(block.refused)
    for index, line in enumerate(block.lines):
        try:
            passed.append(check(block.row(index)))
        except InputError as error:
            refused.append(Refusal(line, str(error), block.row(index)))
            break
    refuse_rows(refused, check, (key,), block)
    return passed


def refuse_rows(
    refused: Sequence[Refusal], check: RowCheck, keys: Sequence[str], block: Block
) -> None:
    """Nothing, where no row was refused.

    Raises:
        RowRefusedError: for the first that was.
    """
    if refused:
        first = min(refused, key=lambda refusal: refusal.line)
        row = first.row if isinstance(first.row, dict) else None
        column = None if row is None else column_to_blame(row, check, keys, block)
        raise RowRefusedError(first.line, column, first.reason) from None


def column_to_blame(
    row: dict[str, Any], check: RowCheck, keys: Sequence[str], block: Block
) -> str | None:
    """The first column that would be refused also if everything else were right.

    A name that only the rows of users have is not shown: it may say something of the person.
    """
    for name in dict.fromkeys((*keys, *row)):
        try:
            check({**dict.fromkeys(keys, "-"), name: row.get(name)})
        except InputError:
            hidden = keys == ("user_id",) and name not in (*keys, *block.names)
            return None if hidden else name
    return None
