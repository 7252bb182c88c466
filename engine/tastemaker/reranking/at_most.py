"""At most so many items of one value: the others stand behind all the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from tastemaker.data import BoolArray, Float32Array, Items, Values
from tastemaker.errors import InputError
from tastemaker.reranker import RankedItems, Reranker


class CappedValues(Reranker):
    """Lets at most `n` items of each value of an attribute stand at the head of a list.

    The list is followed from its head. An item one of whose values stands there `n` times already
    is late: late items are lowered, all by the same amount, to behind all others, and keep their
    order. So `k` items still come whenever there are `k`. An item without values is never late.

    Args:
        n: how many of a value, at least 1.
        attribute: the attribute's name.

    Raises:
        InputError: `n` is not a whole number of at least 1.
    """

    name: ClassVar[str] = "at-most"
    order: ClassVar[int] = 95

    def __init__(self, n: int, attribute: str) -> None:
        super().__init__()
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise InputError(f"At most {n!r} of a value cannot be shown; give a number from 1 on.")
        self.n, self.attribute = n, attribute

    def adjust(self, lists: RankedItems) -> Float32Array:
        """(n, width) float32: for late items what puts them behind the others, else 0.

        Raises:
            InputError: no item has the attribute.
        """
        column = column_of(lists.catalogue, self.attribute)
        added = np.zeros(lists.items.shape, dtype=np.float32)
        for row, valid in enumerate(lists.valid):
            places = np.flatnonzero(valid)
            values = map(column.__getitem__, lists.items[row, places].tolist())
            added[row, places[late_places(values, self.n)]] = -_drop(lists.scores[row, places])
        return added


def column_of(items: Items, attribute: str) -> Sequence[Values]:
    """The values that every item has of an attribute.

    Raises:
        InputError: no item has it.
    """
    column = items.attributes.get(attribute)
    if column is None:
        known = ", ".join(sorted(items.attributes)) or "none"
        raise InputError(f"No item has the attribute {attribute!r}. Known are: {known}.")
    return column


def late_places(listed: Iterable[Values], n: int) -> BoolArray:
    """(width,) bool: the items one of whose values stands `n` times before them, late ones apart.

    Args:
        listed: the values of each item of a list, in its order.
        n: how many of a value may stand in the list.
    """
    counts: Counter[str] = Counter()
    late = []
    for values in listed:
        full = any(counts[value] >= n for value in values)
        late.append(full)
        if not full:
            counts.update(set(values))
    return np.array(late, dtype=np.bool_)


def _drop(scores: Float32Array) -> np.float32:
    """By how much scores must fall to be below all others that are as high now."""
    if not len(scores):
        return np.float32(0)
    reach = scores.max() - scores.min()
    return np.float32(reach + max(1.0, 1e-3 * float(np.abs(scores).max())))
