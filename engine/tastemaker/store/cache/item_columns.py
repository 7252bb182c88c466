"""The catalogue as a container: columns that can be mapped."""

from __future__ import annotations

import numpy as np

from tastemaker.data import Items, StoredAttributes, TextColumn
from tastemaker.errors import ReleaseError
from tastemaker.store.attribute_columns import attribute_columns
from tastemaker.store.crypto.container import Contents, Sign, pack
from tastemaker.store.items import StoredItems

ITEM_TEXTS = ("ids", "titles", "texts", "attributes")
ITEM_NUMBERS = ("keys", "available", "updated", "created", "declared")


def packed_items(stored: StoredItems, sign: Sign) -> bytes:
    """A container of all that is known about the items."""
    rows = stored.items.attributes
    if not isinstance(rows, StoredAttributes):
        raise ReleaseError("Items that were not read from a database cannot be kept.")
    own = (stored.items.ids, stored.items.titles, stored.items.texts, rows.rows)
    arrays = {name: getattr(stored, name) for name in ITEM_NUMBERS}
    for name, column in zip(ITEM_TEXTS, own, strict=True):
        texts = column if isinstance(column, TextColumn) else TextColumn.of(column)
        arrays[f"{name} stops"] = texts.stops
        arrays[name] = np.frombuffer(texts.data, dtype=np.uint8)
    return pack(arrays, {}, {"holds": "items"}, sign)


def items_in(contents: Contents) -> StoredItems:
    """The items in such a container; texts stay where they are.

    Raises:
        ReleaseError: an older version wrote it, that did not keep as much.
    """
    arrays = contents.arrays
    if missing := {*ITEM_NUMBERS, *ITEM_TEXTS} - arrays.keys():
        raise ReleaseError(f"It holds no {min(missing)}.")
    ids, titles, texts, rows = (
        TextColumn(arrays[name].data, arrays[f"{name} stops"]) for name in ITEM_TEXTS
    )
    attributes = StoredAttributes(rows, attribute_columns)
    return StoredItems(
        arrays["keys"],
        Items(ids, titles, texts, attributes),
        arrays["available"],
        arrays["updated"],
        arrays["created"],
        arrays["declared"],
    )
