"""Items: putting them into the catalogue, and reading the catalogue as columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, Select, select, update

from tastemaker.data import (
    BoolArray,
    Int64Array,
    Items,
    StoredAttributes,
    TextColumn,
)
from tastemaker.store.attribute_columns import attribute_columns, check_names
from tastemaker.store.meta import bump_catalogue
from tastemaker.store.sql.damage import damaged_items, is_sound_item
from tastemaker.store.sql.statements import Written, batches, fetch, insert, marks
from tastemaker.store.sql.tables import item
from tastemaker.validation import ItemRow, now_us

CATALOGUE_COLUMNS = (
    item.c.id,
    item.c.external_id,
    item.c.title,
    item.c.text,
    item.c.attributes,
    item.c.available,
    item.c.updated,
    item.c.created,
    item.c.declared,
)

SUMMED_BITS = (1 << 31) - 1
"""The bits of `updated` that are summed up to see changes: so the sum never overflows."""

CHECKSUM = f"SELECT count(*), coalesce(sum(updated & {SUMMED_BITS}), 0) FROM {item.name}"
"""Tells whether a catalogue that was read is still the whole catalogue."""

ITEMS_AT_A_TIME = 1000
"""Rows that an iteration over all items holds; chosen, not measured."""

ITEMS_READ_AT_ONCE = 20_000
"""Rows of the catalogue that are read before they are made into columns; chosen, not measured."""


@dataclass(frozen=True)
class StoredItems:
    """Items in the order in which they came into the database.

    Attributes:
        keys: (n_items,) int64, ascending: the numbers that interactions name them by.
        items: ids, titles, texts and attributes.
        available: (n_items,) bool: whether each may be recommended.
        updated: (n_items,) int64 when each was last changed, in microseconds; empty where not
            read.
        created: the same for when each came into the database.
        declared: (n_items,) bool: whether it was put or imported, and not only named by somebody's
            interaction; empty where not read.
        problems: which rows are damaged, and left out.
    """

    keys: Int64Array
    items: Items
    available: BoolArray
    updated: Int64Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    created: Int64Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    declared: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    problems: tuple[str, ...] = ()

    @property
    def checksum(self) -> tuple[int, int]:
        """What `CHECKSUM` gives while nothing has changed."""
        return len(self.keys), int((self.updated & SUMMED_BITS).sum())

    def merged(self, changed: StoredItems) -> StoredItems:
        """These items with others in place of those of the same keys, and new ones among them."""
        new = changed.keys[~is_among(changed.keys, self.keys)]
        keys = np.sort(np.concatenate((self.keys, new)), kind="stable") if len(new) else self.keys
        # Each row's place in "these, then the others"; where both have it, the other's.
        source = np.searchsorted(self.keys, keys)
        source[np.searchsorted(keys, changed.keys)] = len(self.keys) + np.arange(len(changed.keys))
        return StoredItems(
            keys,
            self.items.merged(changed.items, source),
            np.concatenate((self.available, changed.available))[source],
            np.concatenate((self.updated, changed.updated))[source],
            np.concatenate((self.created, changed.created))[source],
            np.concatenate((self.declared, changed.declared))[source],
        )


def is_among(keys: Int64Array, known: Int64Array) -> BoolArray:
    """(n,) bool: which of some keys are among others, which are ascending."""
    if not len(known):
        return np.zeros(len(keys), dtype=np.bool_)
    found: BoolArray = known[np.searchsorted(known[:-1], keys)] == keys
    return found


def put_items(connection: Connection, rows: Iterable[ItemRow]) -> Written:
    """Writes items; one that is there already gets the new title, text and attributes.

    Bumps the catalogue version.

    Raises:
        InputError: together they have too many different attributes.
    """
    written, names = Written(0, 0), set[str]()
    # First of all: writers of the catalogue then queue here, and none holds what another waits for.
    bump_catalogue(connection)
    for batch in batches(rows):
        names.update(*(row.attributes for row in batch))
        check_names(len(names))
        newest = {row.item_id: row for row in batch}
        known = find_items(connection, newest).keys()
        _upsert(connection, newest)
        repeated = len(batch) - len(newest)
        written = written.plus(Written(len(newest) - len(known), len(known) + repeated))
    return written


def _upsert(connection: Connection, rows: Mapping[str, ItemRow]) -> None:
    now = now_us()
    statement = insert(connection, item)
    changed = ("title", "text", "attributes", "available", "declared", "updated")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["external_id"],
            set_={name: statement.excluded[name] for name in changed},
        ),
        [item_values(row, now) for row in rows.values()],
    )


def item_values(row: ItemRow, now: int, declared: bool = True) -> dict[str, object]:
    """What is written of an item that is new."""
    return {
        "external_id": row.item_id,
        "title": row.title,
        "text": row.text,
        "attributes": json.dumps(dict(row.attributes), ensure_ascii=False, allow_nan=False),
        "available": row.available,
        "declared": declared,
        "created": now,
        "updated": now,
    }


def find_items(connection: Connection, item_ids: Iterable[str]) -> dict[str, int]:
    """The key of each item that is in the catalogue."""
    found: dict[str, int] = {}
    for batch in batches(item_ids):
        where = f"WHERE external_id IN {marks(batch)}"
        found.update(fetch(connection, f"SELECT external_id, id FROM {item.name} {where}", batch))
    return found


def read_catalogue(connection: Connection) -> StoredItems:
    """The whole catalogue."""
    return _read(connection, "id", -1)


def read_changes(connection: Connection, known: StoredItems) -> StoredItems:
    """The whole catalogue, of which only the rows that changed are read; `known` if none has.

    Clocks may disagree about what is new: a count and a sum over all rows tell whether something
    was missed, and then everything is read.

    Args:
        connection: in a transaction.
        known: the catalogue as it was read before.
    """
    newest = int(known.updated.max(initial=0))
    changed = _read(connection, "updated", newest)
    merged = known.merged(changed) if len(changed.keys) else known
    if tuple(map(int, fetch(connection, CHECKSUM)[0])) == merged.checksum:
        return merged
    return read_catalogue(connection)


def _read(connection: Connection, column: str, above: int) -> StoredItems:
    """The items of which a column, "id" or "updated", is above a value."""
    names = ", ".join(one.name for one in CATALOGUE_COLUMNS)
    statement = (
        f"SELECT {names} FROM {item.name} WHERE {column} > ? AND id > ? "
        f"ORDER BY id LIMIT {ITEMS_READ_AT_ONCE}"
    )
    parts, last, damaged = [], -1, list[int]()
    is_last = False
    while not is_last and (rows := fetch(connection, statement, (above, last))):
        # Finding out that there is nothing more may mean to look through all rows once again.
        last, is_last = rows[-1][0], len(rows) < ITEMS_READ_AT_ONCE
        damaged += (row[0] for row in rows if not is_sound_item(row))
        if sound := [row for row in rows if is_sound_item(row)] if damaged else rows:
            parts.append(_as_columns(sound))
    keys, ids, titles, texts, attributes, available, updated, created, declared = (
        zip(*parts, strict=True) if parts else ((),) * len(CATALOGUE_COLUMNS)
    )
    return StoredItems(
        _numbers(keys, np.int64),
        Items(
            TextColumn.together(ids),
            TextColumn.together(titles),
            TextColumn.together(texts),
            StoredAttributes(TextColumn.together(attributes), attribute_columns),
        ),
        _numbers(available, np.bool_),
        _numbers(updated, np.int64),
        _numbers(created, np.int64),
        _numbers(declared, np.bool_),
        damaged_items(damaged),
    )


def _as_columns(rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    keys, ids, titles, texts, attributes, available, updated, created, declared = zip(
        *rows, strict=True
    )
    described = map(TextColumn.of, (ids, titles, texts, attributes))
    return (
        np.array(keys, dtype=np.int64),
        *described,
        np.array(available, dtype=np.bool_),
        np.array(updated, dtype=np.int64),
        np.array(created, dtype=np.int64),
        np.array(declared, dtype=np.bool_),
    )


def _numbers(parts: Sequence[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)


def _selected() -> Select[Any]:
    return select(*CATALOGUE_COLUMNS).order_by(item.c.id)


def set_available(connection: Connection, item_ids: Iterable[str], available: bool) -> int:
    """Says whether items may be recommended; how many of them there are. It declares them.

    Bumps the catalogue version.
    """
    bump_catalogue(connection)
    changed = 0
    for batch in batches(item_ids):
        statement = update(item).where(item.c.external_id.in_(batch))
        changed += connection.execute(
            statement.values(available=available, declared=True, updated=now_us())
        ).rowcount
    return changed


def iterate_items(connection: Connection) -> Iterator[ItemRow]:
    """All items as they were put, for an export; holds few of them at a time."""
    last = 0
    while rows := connection.execute(
        _selected().where(item.c.id > last).limit(ITEMS_AT_A_TIME)
    ).all():
        yield from map(_as_put, rows)
        last = rows[-1].id


def _as_put(row: Row[Any]) -> ItemRow:
    return ItemRow(
        row.external_id, row.title, row.text, json.loads(row.attributes), bool(row.available)
    )
