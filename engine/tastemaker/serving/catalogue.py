"""The items as the serving path sees them: indexes, what is available, what an item is called."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tastemaker.data import BoolArray, Float32Array, Int32Array, Int64Array, Items, TextColumn
from tastemaker.errors import NotFoundError
from tastemaker.rules import MaskCache, RuleColumns, Where, rule_of

TABLE_KEYS = 50_000_000
"""Up to this key items are found by a table, of 200 MB at most; those above, which a database
gives out only after as many others, one by one. Chosen, not measured."""


@dataclass(frozen=True)
class Catalogue:
    """All items in the order of their index, with what the store knows about each now.

    Attributes:
        items: ids, titles, texts and attributes.
        keys: (n_items,) int64 the numbers that the store names them by.
        available: (n_items,) bool.
        created: (n_items,) int64 when each came into the database, in microseconds; empty where
            not known.
        updated: the same for when each was last changed.
        declared: (n_items,) bool whether it was put or imported; empty where all were.
    """

    items: Items
    keys: Int64Array
    available: BoolArray
    created: Int64Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    updated: Int64Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    declared: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def index_of(self) -> dict[str, int]:
        """From an item's id to its index."""
        return {item_id: index for index, item_id in enumerate(self.items.ids)}

    @cached_property
    def _index_by_key(self) -> Int32Array:
        """The index of each key that a table has room for; -1 where none has it, and at the end."""
        small = np.flatnonzero(self.keys < TABLE_KEYS)
        table = np.full(int(self.keys[small].max(initial=0)) + 2, -1, dtype=np.int32)
        table[self.keys[small]] = small
        return table

    @cached_property
    def _great_keys(self) -> dict[int, int]:
        """The index of each key that the table has no room for: hardly ever any."""
        return {
            int(self.keys[place]): int(place) for place in np.flatnonzero(self.keys >= TABLE_KEYS)
        }

    def supported(self, counts: Float32Array, people: int) -> Catalogue:
        """The same, without what nobody declared and few people chose among what is available.

        Where no item was declared, the application declares none, and all of them count.

        Args:
            counts: (n_items,) how many people chose each item.
            people: by how many an undeclared item must have been chosen to be recommended.
        """
        if self.declared.all() or not self.declared.any():
            return self
        return replace(self, available=self.available & (self.declared | (counts >= people)))

    def indexes(self, keys: Int64Array) -> Int32Array:
        """The index of each of the store's item keys; -1 for items newer than this catalogue."""
        table = self._index_by_key
        found: Int32Array = table[np.clip(keys, -1, len(table) - 1)]
        for key, index in self._great_keys.items():
            found[keys == key] = index
        return found

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

    def texts(self, indexes: Int64Array) -> tuple[list[str], list[str]]:
        """The ids and the titles of some items, in turn."""
        ids, titles = (
            own.several(indexes)
            if isinstance(own, TextColumn)
            else [own[index] for index in indexes.tolist()]
            for own in (self.items.ids, self.items.titles)
        )
        return ids, titles

    @cached_property
    def masks(self) -> MaskCache:
        """The masks of rules that were evaluated on these items."""
        times = {"created": self.created, "updated": self.updated}
        return MaskCache(RuleColumns(self.items, times))

    def matching(self, where: Where) -> BoolArray:
        """(n_items,) bool, read-only: for which items a rule holds.

        Raises:
            RuleError: it is no rule, or does not fit the items.
        """
        rule = rule_of(where)
        return np.ones(len(self), dtype=np.bool_) if rule is None else self.masks.mask(rule)
