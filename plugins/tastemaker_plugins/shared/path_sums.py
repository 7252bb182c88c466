"""What the links of histories lead to, added up and ready to be ranked: see `rank_keys`."""

from __future__ import annotations

import numpy as np

from tastemaker import Float32Array, Int32Array, Int64Array
from tastemaker_plugins.shared.best import rank_keys


def keys_of_one(targets: Int32Array, links: Float32Array, n_items: int) -> Int64Array:
    """(1, width) the keys of the items that one person's links lead to.

    They are added up among themselves: nothing here grows with the number of items.

    Args:
        targets: (n, k) where each link leads.
        links: (n, k) what passes along it.
        n_items: how many items there are.
    """
    cells = targets.ravel().astype(np.int64)
    order = np.arange(len(cells))
    last = np.empty(n_items, dtype=np.int64)  # left as it was allocated: only targets are looked up
    last[cells] = order
    own = last.take(cells)
    sums = np.bincount(own, links.ravel(), minlength=len(cells))
    once = (own == order).nonzero()[0]
    return rank_keys(sums.take(once).astype(np.float32), cells.take(once))[np.newaxis]


def keys_of_many(
    targets: Int32Array, links: Float32Array, starts: Int64Array, n_items: int
) -> Int64Array:
    """(n_people, width) the keys of the items that each person's links lead to.

    Args:
        targets: (n, k) where each link leads.
        links: (n, k) what passes along it.
        starts: (n_people + 1,) where each person's interactions start.
        n_items: how many items there are.
    """
    from scipy.sparse import csr_array

    n, k = links.shape
    ends = np.arange(n + 1, dtype=np.int32)
    parts = (links.ravel(), targets.ravel(), ends * np.int32(k))
    paths = csr_array(parts, shape=(n, n_items))
    ones = np.ones(n, dtype=np.float32)
    history = csr_array((ones, ends[:-1], starts.astype(np.int32)), shape=(len(starts) - 1, n))
    sums = history @ paths  # which adds up the paths that meet
    counts = np.diff(sums.indptr)
    none = np.arange(counts.max(initial=0))  # each another number: see `rank_keys`
    keys = np.repeat(none[np.newaxis], len(counts), axis=0)
    keys[none < counts[:, np.newaxis]] = rank_keys(sums.data, sums.indices)
    return keys
