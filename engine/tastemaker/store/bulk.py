"""Bulk writing of interactions whose ids are already checked and whose users are sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from tastemaker.data import Float64Array, Int32Array, Int64Array
from tastemaker.errors import StoreError
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.items import ensure_items
from tastemaker.store.kinds import ensure_kinds
from tastemaker.store.sql.statements import Written
from tastemaker.store.upsert import Columns, upsert
from tastemaker.store.user_rows import add_users, find_users


@dataclass(frozen=True)
class Segment:
    """A part of an import, ready to be written: nothing in it names a user in clear.

    Attributes:
        refs: the refs of the users.
        sealed: their sealed ids; None where an earlier segment of the same import has it.
        item_ids: the ids of the items.
        kinds: the names of the kinds.
        users: (n,) int32 index into `refs` for each interaction; `items` and `kind_codes` alike.
        values: (n,) float64.
        times: (n,) int64 microseconds since 1970 UTC.
    """

    refs: Sequence[bytes]
    sealed: Sequence[SealedBytes | None]
    item_ids: Sequence[str]
    kinds: Sequence[str]
    users: Int32Array
    items: Int32Array
    kind_codes: Int32Array
    values: Float64Array
    times: Int64Array

    def __len__(self) -> int:
        return len(self.users)


def write_segment(connection: Connection, segment: Segment) -> Written:
    """Writes a segment, with the users, items and kinds that are missing.

    Raises:
        StoreError: a user was forgotten while the import was running.
    """
    users = _user_keys(connection, segment)
    items = ensure_items(connection, segment.item_ids)
    kinds = ensure_kinds(connection, segment.kinds)
    columns = Columns(
        users[segment.users],
        np.array([items[name] for name in segment.item_ids], dtype=np.int64)[segment.items],
        np.array([kinds[name] for name in segment.kinds], dtype=np.int64)[segment.kind_codes],
        segment.values,
        segment.times,
    )
    return upsert(connection, columns)


def _user_keys(connection: Connection, segment: Segment) -> Int64Array:
    found = find_users(connection, segment.refs)
    pairs = zip(segment.refs, segment.sealed, strict=True)
    missing = [(ref, sealed) for ref, sealed in pairs if ref not in found and sealed is not None]
    if missing:
        add_users(connection, missing)
        found.update(find_users(connection, (ref for ref, _ in missing)))
    try:
        return np.array([found[ref] for ref in segment.refs], dtype=np.int64)
    except KeyError:
        raise StoreError(
            "import interactions", "Conflict", "A user was forgotten meanwhile; import again."
        ) from None
