"""The highest of each row: where they are, and which they are; the earlier place wins a tie."""

from __future__ import annotations

import numpy as np

from tastemaker.data.arrays import BoolArray, Float32Array, Int64Array

SORTED_ALL = 1024
"""Up to so many totals, all of them are sorted: that is quicker than to part the highest first.
Chosen, not measured."""


def top_k_places(totals: Float32Array, k: int) -> Int64Array:
    """(n, min(k, width)) the places of the highest totals of each row (n, width), best first."""
    n, width = totals.shape
    if k >= width or totals.size <= SORTED_ALL:
        return np.argsort(-totals, axis=1, kind="stable")[:, :k]
    places = (np.flatnonzero(top_k_mask(totals, k)) % width).reshape(n, k)
    rows = np.arange(n)[:, None]
    order = np.argsort(-totals[rows, places], axis=1, kind="stable")
    ranked: Int64Array = places[rows, order]
    return ranked


def top_k_mask(totals: Float32Array, k: int) -> BoolArray:
    """(n, width) which `k` totals of each row are the highest; all, where there are fewer."""
    width = totals.shape[1]
    if k >= width:
        return np.ones(totals.shape, dtype=np.bool_)
    threshold = np.partition(totals, width - k, axis=1)[:, width - k, None]
    chosen: BoolArray = totals >= threshold
    tied = np.flatnonzero(np.count_nonzero(chosen, axis=1) > k)
    if len(tied):
        chosen[tied] = _first_of_ties(totals[tied], threshold[tied], k)
    return chosen


def _first_of_ties(totals: Float32Array, threshold: Float32Array, k: int) -> BoolArray:
    above, equal = totals > threshold, totals == threshold
    room = k - np.count_nonzero(above, axis=1)
    first: BoolArray = above | (equal & (np.cumsum(equal, axis=1) <= room[:, None]))
    return first


def best_items(scores: Float32Array, k: int) -> Int64Array:
    """(n, k) int64: the items of the highest scores of each row, best first.

    -1 fills up a row that has fewer scores; of equal scores the earlier item comes first.

    Args:
        scores: (n, n_items) float32; NaN = not scored.
        k: how many, at least one.
    """
    ranked = np.where(np.isnan(scores), np.float32(-np.inf), scores)
    places = top_k_places(ranked, k)
    rows = np.arange(len(places))[:, np.newaxis]
    best = np.full((len(scores), k), -1, dtype=np.int64)
    best[:, : places.shape[1]] = np.where(ranked[rows, places] > -np.inf, places, -1)
    return best
