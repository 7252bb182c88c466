"""Products of profiles with vectors: those of some, and the largest of all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tastemaker import BoolArray, Float32Array, Int64Array, People
from tastemaker_plugins.shared.half_precision import Rows, Vectors, gathered

DENSE = 12
"""As many vectors as this times those chosen are multiplied in whole, for many profiles: with 100
to 300 of 1,682 to 41,000 vectors of 32 to 128 that was quicker up to 5 to 25 times as many."""

PRODUCTS = 1 << 22
"""Products held at once: bounds the memory. Chosen, not measured."""

SAMPLED = 2048
"""Scores that show how high one has to be. Chosen, not measured."""

NO_SCORE = np.float32(-np.inf)
"""The score of what has none."""


def histories_of(people: People) -> Iterator[slice]:
    """Where the interactions of each person stand."""
    ends = people.histories.indptr.tolist()
    return map(slice, ends[:-1], ends[1:])


def summed_rows(
    vectors: Vectors, people: People, weights: Float32Array, rows: Rows
) -> Float32Array:
    """(len(people), size) float32: the weighted sum of some vectors for each person.

    Of many people it is one sparse product: with 128 of 100 interactions each it took a third of
    what a product for each of them takes, with 6 a tenth.

    Args:
        vectors: (n, size) float32 or float16.
        people: whose histories.
        weights: (n_interactions,) float32.
        rows: (n_interactions,) which vector each interaction takes.
    """
    if len(people) > 1 and vectors.dtype == np.float32:
        from scipy.sparse import csr_array  # a web worker that answers one person seldom needs it

        parts = (weights, rows, people.histories.indptr)
        return np.asarray(csr_array(parts, shape=(len(people), len(vectors))) @ vectors)
    sums = np.empty((len(people), vectors.shape[1]), dtype=np.float32)
    for person, here in enumerate(histories_of(people)):
        np.dot(weights[here], gathered(vectors, rows[here]), out=sums[person])
    return sums


def able(people: People, weights: Float32Array) -> BoolArray:
    """(len(people),) whether any interaction of a person has a positive weight."""
    if len(people) == 1:
        return np.array([(weights > 0).any()])
    return np.bincount(people.histories.rows, weights > 0, minlength=len(people)) > 0


def chosen_products(vectors: Vectors, profiles: Float32Array, items: Int64Array) -> Float32Array:
    """(n, width) float32: the products of each profile with some vectors.

    Args:
        vectors: (n_items, size) float32 or float16.
        profiles: (n, size) float32.
        items: (n, width) int64, which vectors.
    """
    wanted = items.shape[1]
    if len(items) == 1:
        return np.asarray(gathered(vectors, items[0]) @ profiles[0])[np.newaxis]
    if vectors.dtype == np.float32 and len(vectors) <= DENSE * wanted:
        return np.take_along_axis(profiles @ vectors.T, items, axis=1)
    products = np.empty(items.shape, dtype=np.float32)
    for row, own in enumerate(items):
        np.dot(gathered(vectors, own), profiles[row], out=products[row])
    return products


def best_products(
    vectors: Float32Array, offsets: Float32Array | None, profiles: Float32Array, k: int
) -> Int64Array:
    """(n, k) int64: the vectors of the largest products with each profile, the largest first.

    Args:
        vectors: (n_items, size) float32.
        offsets: (n_items,) float32, added to the products; None for 0.
        profiles: (n, size) float32.
        k: how many; -1 fills up a row where fewer products are numbers.
    """
    best = np.full((len(profiles), k), -1, dtype=np.int64)
    lowered = None if offsets is None else np.where(np.isnan(offsets), NO_SCORE, offsets)
    rows = max(1, PRODUCTS // max(1, len(vectors)))
    able = np.flatnonzero(np.isfinite(profiles).all(axis=1))
    for first in range(0, len(able), rows):
        part = able[first : first + rows]
        scores = profiles[part] @ vectors.T
        if lowered is not None:
            scores += lowered
        for row, own in zip(part.tolist(), scores, strict=True):
            places = best_places(own, k)
            best[row, : len(places)] = places
    return best


def best_places(scores: Float32Array, k: int) -> Int64Array:
    """The places of the `k` highest scores, best first; the earlier of equal ones, none of -inf.

    Args:
        scores: (n,) float32 without NaN.
        k: how many; fewer where there are fewer.
    """
    places = _high_places(scores, k)
    high = scores[places]
    order = np.argsort(-high, kind="stable")[:k]
    return places[order][high[order] > NO_SCORE]


def _high_places(scores: Float32Array, k: int) -> Int64Array:
    """Ascending places among which the `k` highest scores are.

    Of many scores, some are taken to see how high a score has to be, for sorting them all in part
    took ten times as long.
    """
    places: Int64Array
    if k >= len(scores):
        return np.arange(len(scores))
    step = len(scores) // SAMPLED
    if step >= 2:
        some = scores[::step]
        rank = 2 + 3 * k // step
        if rank < len(some):
            places = np.flatnonzero(scores >= np.partition(some, -rank)[-rank])
            if k <= len(places) < len(scores) // 2:
                return places
    places = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    return places
