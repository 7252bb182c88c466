"""Rows that no version of the engine wrote: SQLite keeps a value of any type in any column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tastemaker.errors import StoreError
from tastemaker.validation import Json

RESTORE = "Restore the row from a backup, or write it again."

ITEMS_NAMED = 5
"""How many damaged items a problem names; chosen."""


def is_sound_item(row: Sequence[Any]) -> bool:
    """Whether the fields of an item's row have their types."""
    _, item_id, title, text, attributes, _, updated, created, _ = row
    return (
        type(item_id) is type(title) is type(text) is type(attributes) is str
        and type(updated) is type(created) is int
    )


def damaged_items(keys: Sequence[int]) -> tuple[str, ...]:
    """The problem of items whose rows are damaged, by their numbers; none where there are none."""
    if not keys:
        return ()
    named = ", ".join(map(str, keys[:ITEMS_NAMED])) + (", …" if len(keys) > ITEMS_NAMED else "")
    return (f"{len(keys)} damaged rows of items are left out (number {named}). {RESTORE}",)


def as_stored(texts: Sequence[str]) -> list[dict[str, Json]]:
    """The attributes of items, from JSON.

    Raises:
        StoreError: those of an item are no JSON, or no object.
    """
    with damage_named("the attributes of items"):
        rows = list(map(json.loads, texts))
        if not all(type(row) is dict for row in rows):
            raise ValueError
    return rows


@contextmanager
def damage_named(what: str) -> Iterator[None]:
    """Turns the errors of values that are not of their type into a typed one, without the values.

    Raises:
        StoreError: what is read in the block is damaged.
    """
    try:
        yield
    except (ValueError, TypeError, OverflowError, RecursionError):
        failed = True
    else:
        failed = False
    if failed:
        raise StoreError(f"reading {what}", "Damaged", RESTORE)
