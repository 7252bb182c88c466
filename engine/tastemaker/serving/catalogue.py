"""The items as the serving path sees them: indexes, what is available, what an item is called."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from tastemaker.data import BoolArray, Int32Array, Int64Array, Items, ValuesColumn
from tastemaker.errors import InputError, NotFoundError
from tastemaker.store.items import as_values

Value: TypeAlias = str | int | float | bool
Where: TypeAlias = Mapping[str, "Value | Collection[Value]"]
"""A filter on public attributes: attribute → the value, or values of which one must be there."""


@dataclass(frozen=True)
class Catalogue:
    """All items in the order of their index, with what the store knows about each now.

    Attributes:
        items: ids, titles, texts and attributes.
        keys: (n_items,) int64 the numbers that the store names them by.
        available: (n_items,) bool.
    """

    items: Items
    keys: Int64Array
    available: BoolArray

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def index_of(self) -> dict[str, int]:
        """From an item's id to its index."""
        return {item_id: index for index, item_id in enumerate(self.items.ids)}

    @cached_property
    def _index_by_key(self) -> Int32Array:
        table = np.full(int(self.keys.max(initial=0)) + 2, -1, dtype=np.int32)
        table[self.keys] = np.arange(len(self.keys), dtype=np.int32)
        return table

    def indexes(self, keys: Int64Array) -> Int32Array:
        """The index of each of the store's item keys; -1 for items newer than this catalogue."""
        table = self._index_by_key
        return table[np.minimum(keys, len(table) - 1)]

    def find(self, item_id: str) -> int:
        """The index of an item.

        Raises:
            NotFoundError: no such item.
        """
        index = self.index_of.get(item_id)
        if index is None:
            raise NotFoundError(
                f"There is no item {item_id!r}. `tastemaker export items -` lists those there are."
            )
        return index

    def name(self, index: int) -> str:
        """An item's title, or its id where it has none."""
        return self.items.titles[index] or self.items.ids[index]

    def matching(self, where: Where) -> BoolArray:
        """(n_items,) bool: which items have one of the wanted values in every attribute named.

        Raises:
            InputError: no item has such an attribute, or nothing can have such a value.
        """
        if not isinstance(where, Mapping):
            raise InputError(
                f"where is a {type(where).__name__}; it must be a mapping of attributes to values, "
                "such as {'country': 'France'}."
            )
        keep = np.ones(len(self), dtype=np.bool_)
        for attribute, wanted in where.items():
            column = self.items.attributes.get(attribute)
            if column is None:
                known = ", ".join(sorted(self.items.attributes)) or "none"
                raise InputError(f"No item has the attribute {attribute!r}. Known are: {known}.")
            coded = column if isinstance(column, ValuesColumn) else ValuesColumn.of(column)
            keep &= coded.having(_texts(attribute, wanted))
        return keep


def _texts(attribute: str, wanted: Value | Collection[Value]) -> set[str]:
    """The wanted values as the attributes of items have them."""
    if isinstance(wanted, str | numbers.Real):
        return set(as_values(wanted))
    if isinstance(wanted, Collection) and not isinstance(wanted, Mapping):
        return {text for value in wanted for text in as_values(value)}
    raise InputError(
        f"where asks for {attribute} {wanted!r}, which no item can have. Give a value or a list of "
        "values, or leave the attribute out."
    )
