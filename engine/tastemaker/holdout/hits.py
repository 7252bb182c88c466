"""Hits: which places of ranked lists hold something that the person went on to choose."""

from __future__ import annotations

import numpy as np

from tastemaker.data import BoolArray, Int64Array
from tastemaker.holdout.cases import HeldOutCases


def find_hits(
    cases: HeldOutCases, items: Int64Array, valid: BoolArray, excluded: BoolArray
) -> tuple[BoolArray, Int64Array]:
    """What of the lists is relevant, and how much there was to find.

    Needs (n, n_items) of memory: give it people in blocks where there are many.

    Args:
        cases: whom the lists are for.
        items: (n, k) item indexes; any number where not valid.
        valid: (n, k) which places of the lists hold an item.
        excluded: (n, n_items) what must not be shown to a person, and so is not relevant.

    Returns:
        (n, k) bool which places hold a relevant item, and (n,) int64 how many items are relevant.
    """
    relevant = cases.chosen.toarray() & ~excluded
    rows = np.arange(len(relevant))[:, None]
    return relevant[rows, np.where(valid, items, 0)] & valid, np.count_nonzero(relevant, axis=1)
