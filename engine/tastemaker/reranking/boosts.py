"""Boosts: items for which a condition holds score so many times as high."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from tastemaker.data import BoolArray, Float32Array
from tastemaker.reranker import RankedItems, Reranker

LARGEST_PRODUCT = np.float32(1e6)
"""Of the factors of one item: beyond it float32 would lose the digits of the scores."""


class Boosts(Reranker):
    """Multiplies how far items score above the last of the list.

    Blended scores have no zero of their own. So they are measured from the lowest score of the
    person's list, the floor: a factor of 2 puts an item twice as far above it, one of 0.5 half as
    far. An item gets (factor - 1) * (score - floor); where several conditions hold, the factors
    multiply, up to `LARGEST_PRODUCT`. The list is the whole list that is re-ranked, however many
    places of it are shown.

    Args:
        conditions: (n_conditions, n_items) bool, the items for which each holds.
        factors: a number above 0 for each; a request checks them.
    """

    name: ClassVar[str] = "boost"
    because: ClassVar[str] = "preferred here"
    order: ClassVar[int] = 10

    def __init__(self, conditions: BoolArray, factors: Sequence[float]) -> None:
        super().__init__()
        self.factors: Float32Array = np.ones(conditions.shape[1], dtype=np.float32)
        for holds, factor in zip(conditions, factors, strict=True):
            self.factors[holds] *= np.float32(factor)
            np.clip(self.factors, 1 / LARGEST_PRODUCT, LARGEST_PRODUCT, out=self.factors)

    def adjust(self, lists: RankedItems) -> Float32Array:
        """(n, width) float32: (factor - 1) * (score - floor)."""
        lowest = np.where(lists.valid, lists.scores, np.inf).min(axis=1, initial=np.inf)
        heights = np.where(lists.valid, lists.scores - lowest[:, np.newaxis], 0)
        return np.asarray((self.factors[lists.items] - 1) * heights, dtype=np.float32)
