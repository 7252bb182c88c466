"""Bulk writing of interactions whose ids are already checked and whose users are sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from tastemaker.data import Int64Array
from tastemaker.errors import CollisionError
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.ref_key import RefKey
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.declaring import ensure_items
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS, InteractionColumns
from tastemaker.store.interactions.write import upsert
from tastemaker.store.key_rows import keep_up
from tastemaker.store.kinds import ensure_kinds
from tastemaker.store.sql.statements import Written
from tastemaker.store.users.cells import open_id, seal_id
from tastemaker.store.users.finding import find_sealed_users, find_users
from tastemaker.store.users.rows import FORGOTTEN, add_users


@dataclass(frozen=True)
class Segment:
    """A part of an import, ready to be written: nothing in it names a user in clear.

    Attributes:
        refs: the refs of the users.
        sealed: their sealed ids; None where an earlier segment of the same import has it. A part
            that `by_people` gave has them all.
        item_ids: the ids of the items.
        kinds: the names of the kinds.
        columns: for each of `INTERACTION_COLUMNS`, by name, (n,) its numbers. In place of keys,
            which the database gives later, `user_id`, `item_id` and `kind_id` hold (n,) int32
            indexes into `refs`, `item_ids` and `kinds`.
        index_key: the number of the index key that made the refs.
    """

    refs: Sequence[bytes]
    sealed: Sequence[SealedBytes | None]
    item_ids: Sequence[str]
    kinds: Sequence[str]
    columns: Mapping[str, npt.NDArray[Any]]
    index_key: int

    def __len__(self) -> int:
        return len(self.columns["user_id"])


ROTATED = "The index key was rotated meanwhile; do it again."


def write_segment(connection: Connection, keyring: Keyring, segment: Segment) -> Written:
    """Writes a segment, with the users, items and kinds that are missing.

    Raises:
        CollisionError: a user was forgotten, or an item deleted, while the import was running.
    """
    # In the same order as every writer: so none waits for another in a ring.
    users = _user_keys(connection, keyring, segment)
    items = ensure_items(connection, segment.item_ids)
    kinds = ensure_kinds(connection, segment.kinds)
    keys = {
        "user_id": users,
        "item_id": np.array([items[name] for name in segment.item_ids], dtype=np.int64),
        "kind_id": np.array([kinds[name] for name in segment.kinds], dtype=np.int64),
    }
    arrays = []
    for column in INTERACTION_COLUMNS:
        numbers = segment.columns[column.name]
        arrays.append(keys[column.name][numbers] if column.name in keys else numbers)
    return upsert(connection, InteractionColumns(*arrays))


def _user_keys(connection: Connection, keyring: Keyring, segment: Segment) -> Int64Array:
    makers = keep_up(connection, keyring)
    if segment.index_key != makers.new.key_id:
        segment = _with_refs_of(keyring, makers.new, segment)
    users = {ref: cell for ref, cell in zip(segment.refs, segment.sealed, strict=True) if cell}
    found = find_sealed_users(connection, keyring, makers, users)
    found.update(find_users(connection, (ref for ref in segment.refs if ref not in users)))
    missing = [(ref, sealed) for ref, sealed in users.items() if ref not in found]
    if missing:
        add_users(connection, keyring, missing)
        found.update(find_users(connection, (ref for ref, _ in missing)))
    try:
        return np.array([found[ref] for ref in segment.refs], dtype=np.int64)
    except KeyError:
        raise CollisionError("writing interactions", "Conflict", FORGOTTEN) from None


def _with_refs_of(keyring: Keyring, maker: RefKey, segment: Segment) -> Segment:
    """A segment that was made before the index key was rotated, as it would be made now."""
    refs, sealed = [], []
    for ref, cell in zip(segment.refs, segment.sealed, strict=True):
        if cell is None:
            raise CollisionError("writing interactions", "Conflict", ROTATED)
        user_id = open_id(keyring, ref, cell)
        refs.append(maker.ref(user_id))
        sealed.append(seal_id(keyring, refs[-1], user_id))
    return replace(segment, refs=refs, sealed=sealed, index_key=maker.key_id)
