"""How many people chose both of two items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.data.arrays import Int32Array, Int64Array


@dataclass(frozen=True)
class ItemPairs:
    """The partners of each item, and by how many people both were chosen.

    Attributes:
        starts: (n_items + 1,) int64; the partners of item i are starts[i]:starts[i + 1].
        partners: (n_pairs,) int32 items, of each item ascending.
        people: (n_pairs,) int32 how many chose both.
    """

    starts: Int64Array
    partners: Int32Array
    people: Int32Array

    def together(self, one: int, other: int) -> int:
        """How many people chose both; 0 for a pair that is not kept, or an item that is newer."""
        if one + 1 >= len(self.starts):
            return 0
        first, last = int(self.starts[one]), int(self.starts[one + 1])
        place = first + int(np.searchsorted(self.partners[first:last], other))
        if place < last and self.partners[place] == other:
            return int(self.people[place])
        return 0


NO_PAIRS = ItemPairs(
    np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
)
"""Nothing is known of any pair: as in releases of older versions."""
