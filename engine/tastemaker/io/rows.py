"""From what stands in a file to checked rows: ids, special columns, attributes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from tastemaker.errors import InputError
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS
from tastemaker.store.item_updates import OWN_FIELDS, ItemChange
from tastemaker.validation import (
    DEFAULT_KIND,
    InteractionRow,
    ItemRow,
    UserRow,
    check_interaction,
    check_item,
    check_user,
    written_out,
)

SEPARATOR = "|"


def interaction_row(row: dict[str, Any], kind: str = DEFAULT_KIND) -> InteractionRow:
    """The interaction of a row; `kind` where the row has none.

    Raises:
        InputError: a part of it is refused.
    """
    fields = {c.row: row[c.file] for c in INTERACTION_COLUMNS if c.file in row}
    for name in ("user_id", "item_id"):
        fields[name] = as_id(fields.get(name))
    return check_interaction(**{"kind": kind, **fields})


def item_row(row: dict[str, Any], flat: bool) -> ItemRow:
    """The item of a row; what is not a special column becomes an attribute.

    Args:
        row: its values by name; changed.
        flat: whether several values stand in one text, separated by `|`.

    Raises:
        InputError: a part of it is refused.
    """
    special = [row.pop(name, None) for name in ("item_id", "title", "text", "available")]
    item_id, title, text, available = special
    attributes = {name: as_attribute(value, flat) for name, value in row.items()}
    return check_item(
        as_id(item_id),
        "" if title is None else title,
        "" if text is None else text,
        attributes,
        True if available is None else available,
    )


def user_row(row: dict[str, Any]) -> UserRow:
    """The user of a row; every other column becomes an attribute.

    Raises:
        InputError: a part of it is refused.
    """
    user_id = row.pop("user_id", None)
    return check_user(
        as_id(user_id), {name: as_attribute(value, False) for name, value in row.items()}
    )


def put_item_row(row: dict[str, Any]) -> ItemRow:
    """The item of a row that an application puts; see `with_attributes` and `item_row`."""
    return item_row(with_attributes(row), flat=False)


def item_change(row: dict[str, Any]) -> ItemChange:
    """What a row changes of an item: what it has; see `with_attributes` and `item_row`."""
    whole = with_attributes(row)
    given = tuple(name for name in OWN_FIELDS if name in whole)
    return ItemChange(item_row(whole, flat=False), given)


def put_user_row(row: dict[str, Any]) -> UserRow:
    """The user of a row that an application puts; see `with_attributes` and `user_row`."""
    return user_row(with_attributes(row))


def with_attributes(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the mapping in its column `attributes`, if there is one, as further columns.

    Raises:
        InputError: it is no mapping, or a name stands in it and in the row.
    """
    attributes = row.pop("attributes", None)
    if attributes is None:
        return row
    if not isinstance(attributes, Mapping):
        raise InputError(
            f"attributes is a {type(attributes).__name__}; give a mapping of names to values, or a "
            "column for each attribute."
        )
    if attributes.keys() & row.keys():
        raise InputError("A name stands in attributes and is a column as well. Leave one out.")
    return {**row, **attributes}


def as_id(value: Any) -> Any:
    """An id as text: a whole number or a UUID is written out, nothing is an empty id."""
    if type(value) is str:
        return value
    return "" if value is None else written_out(value)


def as_attribute(value: Any, flat: bool) -> Any:
    """An attribute as JSON: times as ISO 8601, several values as a list."""
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if flat and isinstance(value, str) and SEPARATOR in value:
        return value.split(SEPARATOR)
    return value
