"""The best of few scores of each person, each with the item that it belongs to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int64Array

LARGEST_ITEM = 2**31 - 1
"""Above every item's index: the smaller index makes the larger key."""


POSITIVE = 2**32
"""The least key of a positive score."""


def rank_keys(scores: Float32Array, items: npt.NDArray[Any]) -> Int64Array:
    """Numbers that sort as the scores do, of equals the smaller item first.

    A positive float32 sorts as its bits do. With the item in the lower half of the number, one
    partition of numbers finds both. What has no positive score gets a number below `POSITIVE`, each
    another one: a partition with many equals takes ten times as long (12,000 numbers of which most
    are 0: 317 µs instead of 18).

    Args:
        scores: any shape, float32; NaN = no score.
        items: the item that each belongs to.
    """
    keys = scores.view(np.int32).astype(np.int64)
    keys *= scores > 0
    keys <<= 32
    keys |= LARGEST_ITEM - items
    return keys


def best_of_keys(keys: Int64Array, k: int) -> Int64Array:
    """(n, k) int64 the items of the highest keys of each row, best first, -1 for none.

    Args:
        keys: (n, width) of `rank_keys`; overwritten.
        k: how many.
    """
    n, width = keys.shape
    if k < width:
        keys.partition(width - k, axis=1)
        keys = keys[:, width - k :]
    keys = np.sort(keys, axis=1)[:, ::-1]
    best = np.full((n, k), -1, dtype=np.int64)
    best[:, : keys.shape[1]] = np.where(keys >= POSITIVE, LARGEST_ITEM - (keys & 0xFFFFFFFF), -1)
    return best
