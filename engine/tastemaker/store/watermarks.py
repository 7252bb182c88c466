"""Watermarks: how far each sync has come, kept beside the rows that it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection

from tastemaker.errors import InputError, StoreError
from tastemaker.store import meta
from tastemaker.validation import check_name

SYNC_PREFIX = "sync:"
"""How the names in `meta` begin."""

SYNC_NAME_BYTES = 128
"""The longest name of a sync; chosen."""

WATERMARK_TYPES: Mapping[str, Callable[[Any], object]] = {
    "int": int,
    "float": float,
    "str": str,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "Decimal": Decimal,
}
"""The types that a watermark may have, and what reads each from its text."""


class Watermark(NamedTuple):
    """How far a sync has come.

    Attributes:
        into: what it writes: "interactions", "items" or "users".
        column: which column tells.
        value: the greatest value of that column among the rows that were written.
    """

    into: str
    column: str
    value: object


def sync_name(name: object) -> str:
    """The name of a sync: text of at most 128 bytes.

    Raises:
        InputError: it is none.
    """
    return check_name(name, "The name of the sync", SYNC_NAME_BYTES)


def read_watermark(connection: Connection, name: str) -> Watermark | None:
    """How far a sync has come; None where it never wrote anything.

    Raises:
        StoreError: what is stored is no watermark.
    """
    stored = meta.get(connection, SYNC_PREFIX + name)
    if stored is None:
        return None
    try:
        found = json.loads(stored)
        value = WATERMARK_TYPES[found["type"]](found["value"])
        return Watermark(found["into"], found["column"], value)
    except (ValueError, KeyError, TypeError):
        raise StoreError(
            "reading a watermark", "Damaged", "Sync again from the beginning (--restart)."
        ) from None


def put_watermark(connection: Connection, name: str, watermark: Watermark) -> None:
    """Keeps how far a sync has come, in the transaction of the rows."""
    value, kind = watermark.value, type_of(watermark.value)
    text = value.isoformat() if isinstance(value, date) else str(value)
    named = {"into": watermark.into, "column": watermark.column, "type": kind, "value": text}
    meta.put(connection, SYNC_PREFIX + name, json.dumps(named))


def type_of(value: object) -> str:
    """The name of the type of a watermark.

    Raises:
        InputError: no watermark can be of it.
    """
    kinds = (datetime, date, int, float, Decimal, str)
    kind = next((kind for kind in kinds if isinstance(value, kind)), None)
    if kind is None or isinstance(value, bool) or value != value:
        raise InputError(
            f"A watermark is a {type(value).__name__}. Choose a column of times, numbers or text "
            "that only grows, such as updated_at, and has a value in every row."
        )
    return kind.__name__
