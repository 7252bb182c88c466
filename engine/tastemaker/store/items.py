"""Items: putting them into the catalogue, and reading the catalogue as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from tastemaker.border import ItemRow
from tastemaker.data import BoolArray, Int64Array, Items


class Written(NamedTuple):
    """How many rows were new, and how many were there already and now hold the new values."""

    new: int
    updated: int


@dataclass(frozen=True)
class Catalogue:
    """Items in the order in which they came into the database.

    Attributes:
        keys: (n_items,) int64, ascending: the numbers that interactions name them by.
        items: ids, titles, texts and attributes.
        available: (n_items,) bool: whether each may be recommended.
    """

    keys: Int64Array
    items: Items
    available: BoolArray


def put_items(connection: Connection, rows: Iterable[ItemRow]) -> Written:
    """Writes items; one that is there already gets the new title, text and attributes.

    Bumps the catalogue version.
    """
    raise NotImplementedError


def ensure_items(connection: Connection, item_ids: Iterable[str]) -> dict[str, int]:
    """The key of each item; those that are new are made, with an id only."""
    raise NotImplementedError


def read_catalogue(connection: Connection) -> Catalogue:
    """The whole catalogue."""
    raise NotImplementedError


def read_items_after(connection: Connection, key: int) -> Catalogue:
    """The items that came into the database after the one with that key."""
    raise NotImplementedError


def set_available(connection: Connection, item_ids: Iterable[str], available: bool) -> int:
    """Says whether items may be recommended; how many of them there are.

    Bumps the catalogue version.
    """
    raise NotImplementedError


def iterate_items(connection: Connection) -> Iterator[ItemRow]:
    """All items as they were put, for an export; holds few of them at a time."""
    raise NotImplementedError
