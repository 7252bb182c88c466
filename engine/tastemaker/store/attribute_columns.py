"""From items' attributes as they are stored to columns, however many different ones there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tastemaker.data import RARE, AttributeColumns, RareValues, Values, ValuesColumn
from tastemaker.errors import InputError
from tastemaker.store.sql.damage import as_stored
from tastemaker.validation import Json

MOST_NAMES = 10_000
"""Different attributes of all items together. Chosen: far more than anybody describes items by, and
few enough that going through all of them for every item ends."""


def check_names(count: int) -> None:
    """Refuses items with too many different attributes.

    Raises:
        InputError: there are more than `MOST_NAMES`.
    """
    if count > MOST_NAMES:
        raise InputError(
            f"The items have more than {MOST_NAMES:,} different attributes together. Make values "
            "of what differs from item to item: one attribute with a list."
        )


def attribute_columns(texts: Sequence[str]) -> AttributeColumns:
    """For each attribute that any item has, the values of every item.

    Of more than `MOST_NAMES`, which came in by and by, those that most items have.

    Args:
        texts: each item's attributes, as JSON.

    Raises:
        StoreError: those of an item are damaged.
    """
    rows = as_stored(texts)
    counts = Counter(name for row in rows for name in row)
    names = sorted(name for name, _ in counts.most_common(MOST_NAMES))
    rare = {name: dict[int, Values]() for name in names if counts[name] * RARE < len(rows)}
    for place, row in enumerate(rows):
        for name in row.keys() & rare.keys():
            rare[name][place] = as_values(row[name])
    return {
        name: RareValues.at(len(rows), rare[name])
        if name in rare
        else ValuesColumn.of(as_values(row.get(name)) for row in rows)
        for name in names
    }


def as_values(value: Json) -> Values:
    """An attribute as recommenders see it: lists are several values, numbers become text."""
    if isinstance(value, str):  # first, because most are
        return (value,) if value else ()
    if value is None or isinstance(value, dict):
        return ()
    if isinstance(value, list):
        return tuple(text for part in value for text in as_values(part))
    if isinstance(value, bool):
        return ("true" if value else "false",)
    # As CSV has it, so that an item means the same however it came in.
    return (str(int(value) if isinstance(value, float) and value.is_integer() else value),)
