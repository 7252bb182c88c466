"""Each item's nearest items by the terms that they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tastemaker import BoolArray, Float32Array, Int32Array, Progress
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import AnyArray, nearest, strongest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PAIRS = 200_000_000
"""Pairs of items with a term in common that are looked at, at most: some seconds of one core. The
terms of the most items go first, as they tell least and cost most."""


def nearest_by_terms(
    vectors: csr_array, k: int, progress: Progress
) -> tuple[Int32Array, Float32Array]:
    """(n_items, k) the items of the greatest cosine with each, and that; padded with 0 to item 0.

    Args:
        vectors: sparse (n_items, n_terms) float32, rows of length 1 or empty.
        k: how many links each item keeps.
        progress: called with how far it is.
    """
    kept = without_common_terms(vectors)
    return nearest(kept, kept.T.tocsr(), k, _as_it_is, progress)


def extended_links(links: Links, vectors: csr_array, k: int) -> Links:
    """The same links and those from and to items that came later.

    Args:
        links: of the first items.
        vectors: sparse (n_items, n_terms) float32, the later items in the last rows.
        k: how many links each item keeps.
    """
    from scipy.sparse import csr_array, hstack, vstack

    n_before, n_items = len(links.known), vectors.shape[0]
    kept = without_common_terms(vectors)
    likeness = (kept[n_before:] @ kept.T).tocsr()
    later = np.repeat(np.arange(n_before, n_items), np.diff(likeness.indptr))
    likeness.data[later == likeness.indices] = 0
    before = hstack([_matrix_of(links), likeness[:, :n_before].T], format="csr")
    everything = csr_array(vstack([before, likeness], format="csr", dtype=np.float32))
    known = having_terms(vectors)
    items, weights = strongest(everything, k)
    return Links(items[known], weights[known], known)  # not stored: as exact as they are found


def having_terms(vectors: csr_array) -> BoolArray:
    """(n_items,) bool: which items have terms."""
    return np.diff(vectors.indptr) > 0


def without_common_terms(vectors: csr_array) -> csr_array:
    """The vectors without the terms that so many items have that looking at them takes too long."""
    counts = np.bincount(vectors.indices, minlength=vectors.shape[1])
    order = np.argsort(counts, kind="stable")
    telling = np.zeros(len(counts), dtype=np.bool_)
    telling[order] = np.cumsum(counts[order].astype(np.float64) ** 2) <= PAIRS
    if telling.all():
        return vectors
    kept = vectors.copy()
    kept.data *= telling[kept.indices]
    kept.eliminate_zeros()
    return kept


def _matrix_of(links: Links) -> csr_array:
    """Sparse (n_items, n_items) float32: the weight of each link."""
    from scipy.sparse import csr_array

    n_items, width = len(links.known), links.items.shape[1]
    starts = np.concatenate(([0], np.cumsum(links.known * width)))
    weights = links.weights.astype(np.float32).ravel() * np.float32(links.unit)
    matrix = csr_array((weights, links.items.ravel(), starts), shape=(n_items, n_items))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _as_it_is(common: AnyArray, sources: AnyArray, targets: AnyArray) -> AnyArray:
    return common
