"""How good ranked lists are, at a cutoff: pure functions on arrays, one figure a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tastemaker.data import BoolArray, Float64Array, Int64Array

Metric = Callable[[BoolArray, Int64Array, int], Float64Array]
"""(n, depth) hits from the first place on, (n,) how many items are relevant, the cutoff -> (n,)."""

Measures = Mapping[str, Float64Array]
"""For each metric at a cutoff, as "ndcg@10", (n_people,) one figure a person."""


def discounts(k: int) -> Float64Array:
    """(k,) what a hit in each place is worth to DCG: 1 / log2(1 + place)."""
    return 1.0 / np.log2(np.arange(2, k + 2))


def ndcg(hits: BoolArray, n_relevant: Int64Array, k: int) -> Float64Array:
    """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002); hits early weigh more.

    Args:
        hits: (n, depth) whether the item in each place is relevant, best place first; a list
            shorter than `k` counts as followed by misses.
        n_relevant: (n,) how many items are relevant to each person, found or not.
        k: the cutoff.

    Returns:
        (n,) between 0 and 1; 0 where nothing is relevant.
    """
    gains = hits[:, :k] @ discounts(k)[: hits.shape[1]]
    ideal = np.concatenate(([np.inf], np.cumsum(discounts(k))))
    result: Float64Array = gains / ideal[np.clip(n_relevant, 0, k)]
    return result


def recall(hits: BoolArray, n_relevant: Int64Array, k: int) -> Float64Array:
    """(n,) the share of the relevant items that is among the first `k`; arguments as in `ndcg`."""
    found = np.count_nonzero(hits[:, :k], axis=1)
    return np.asarray(found / np.maximum(n_relevant, 1), dtype=np.float64)


def hit_rate(hits: BoolArray, n_relevant: Int64Array, k: int) -> Float64Array:
    """(n,) 1 where a relevant item is among the first `k`, else 0; arguments as in `ndcg`."""
    return np.asarray(hits[:, :k].any(axis=1), dtype=np.float64)


def mrr(hits: BoolArray, n_relevant: Int64Array, k: int) -> Float64Array:
    """(n,) 1 / place of the first relevant item, 0 where none is among the first `k`."""
    near = hits[:, :k]
    if near.shape[1] == 0:
        return np.zeros(len(near))
    place = 1.0 + near.argmax(axis=1)
    return np.asarray(near.any(axis=1) / place, dtype=np.float64)


METRICS: Mapping[str, Metric] = {
    "ndcg": ndcg,
    "recall": recall,
    "hit_rate": hit_rate,
    "mrr": mrr,
}


def measures(hits: BoolArray, n_relevant: Int64Array, cutoffs: Sequence[int]) -> Measures:
    """Every metric at every cutoff; arguments as in `ndcg`, for each cutoff."""
    figures: dict[str, Float64Array] = {}
    for name, metric in METRICS.items():
        figures |= {f"{name}@{k}": metric(hits, n_relevant, k) for k in cutoffs}
    return figures
