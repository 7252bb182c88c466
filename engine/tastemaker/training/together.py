"""Which items were chosen together by how many people, for explanations that speak of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tastemaker.data import ItemPairs, People
from tastemaker.training.data_quality import MOST_LEARNT_FROM

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEAST_TOGETHER = 5
"""ItemPairs of items that fewer people chose are not kept: nothing is said of them."""

MOST_PARTNERS = 100
"""Partners of an item that are kept at most, those of the most people: bounds the size. What is
said of other pairs speaks of nobody. Chosen, not measured."""

COUNTED_AT_ONCE = 512
"""Items whose partners are counted at once: bounds the memory."""


def chosen_together(people: People) -> ItemPairs:
    """The pairs of items that at least `LEAST_TOGETHER` people chose, and by how many.

    Args:
        people: everybody; of each the newest interactions that are learnt from count.
    """
    presence = people.newest(MOST_LEARNT_FROM).presence()
    back, n_items = presence.T.tocsr(), people.n_items
    starts, items, counts = [np.zeros(1, dtype=np.int64)], [], []
    for first in range(0, n_items, COUNTED_AT_ONCE):
        together = (back[first : first + COUNTED_AT_ONCE] @ presence).tocsr()
        for row in range(together.shape[0]):
            own, number = partners_of(together, row, first + row)
            items.append(own)
            counts.append(number)
        lengths = [len(own) for own in items[first:]]
        starts.append(starts[-1][-1] + np.cumsum(lengths, dtype=np.int64))
    none = np.zeros(0, dtype=np.int32)
    return ItemPairs(
        np.concatenate(starts),
        np.concatenate((none, *items)).astype(np.int32),
        np.concatenate((none, *counts)).astype(np.int32),
    )


def partners_of(
    together: csr_array, row: int, item: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], np.ndarray[tuple[int], np.dtype[np.int32]]]:
    """The partners of one item, ascending, and how many people chose both.

    Args:
        together: sparse (n_sources, n_items), how many people chose both of two items.
        row: the item's row.
        item: the item.
    """
    part = slice(together.indptr[row], together.indptr[row + 1])
    items, counts = together.indices[part], together.data[part]
    kept = (counts >= LEAST_TOGETHER) & (items != item)
    items, counts = items[kept], counts[kept]
    if len(items) > MOST_PARTNERS:
        best = np.argpartition(-counts, MOST_PARTNERS)[:MOST_PARTNERS]
        items, counts = items[best], counts[best]
    order = np.argsort(items)
    return items[order].astype(np.int32), counts[order].astype(np.int32)
