"""Each item's nearest items: the strongest links there are, found in blocks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int32Array, Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_array

AnyArray: TypeAlias = npt.NDArray[Any]

Rate: TypeAlias = Callable[[AnyArray, AnyArray, AnyArray], AnyArray]
"""Makes weights of links out of products, the items they lead from and those they lead to."""

SOURCES = 512
"""Items whose links are found at once: bounds the memory."""


def nearest(
    back: csr_array, on: csr_array, k: int, rate: Rate, progress: Progress, support: int = 1
) -> tuple[Int32Array, Float32Array]:
    """The strongest links between different items over the people they have in common.

    Args:
        back: (n_items, n_people) sparse, from an item to its people.
        on: (n_people, n_items) sparse, from people to their items.
        k: how many links to keep of each item.
        rate: makes the weights of links out of the products of `back` and `on`.
        progress: called with how far it is.
        support: by how many people two items must have been chosen to be linked.

    Returns:
        (n_items, min(k, n_items)) int32 items and float32 weights, strongest first.
    """
    from scipy.sparse import csr_array

    parts = [strongest(on[:0], k)]
    for first in range(0, back.shape[0], SOURCES):
        progress(first, back.shape[0], "nearest items")
        common = csr_array(back[first : first + SOURCES] @ on)
        sources = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr)) + first
        weights = rate(common.data, sources, common.indices)
        common.data = np.where(sources == common.indices, 0.0, weights)
        parts.append(strongest(supported_links(common, back, on, first, support), k))
    items, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    return items, weights


def supported_links(
    links: csr_array, back: csr_array, on: csr_array, first: int, support: int
) -> csr_array:
    """The links between items that enough people chose both of.

    Args:
        links: sparse (n_sources, n_items), from some items to all.
        back: (n_items, n_people) sparse, from an item to its people.
        on: (n_people, n_items) sparse, from people to their items.
        first: the first of the items that the links lead from; the others follow it.
        support: how many people are enough; with 1 all links stay as they are.
    """
    from scipy.sparse import csr_array

    if support <= 1:
        return links
    sources = presence_of(back[first : first + links.shape[0]])
    together = csr_array(sources @ presence_of(on))
    together.data = (together.data >= support).astype(np.float32)
    kept = csr_array(links.multiply(together))
    kept.eliminate_zeros()
    return kept


def presence_of(matrix: csr_array) -> csr_array:
    """The same with 1 for everything that is above 0."""
    from scipy.sparse import csr_array

    ones = (matrix.data > 0).astype(np.float32)
    return csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)


def strongest(links: csr_array, k: int) -> tuple[Int32Array, Float32Array]:
    """The k largest positive links of each row, padded with links of weight 0 to item 0.

    Returns:
        (n_rows, min(k, n_columns)) int32 columns and float32 values, strongest first.
    """
    k = min(k, links.shape[1])
    items = np.zeros((links.shape[0], k), dtype=np.int32)
    weights = np.zeros((links.shape[0], k), dtype=np.float32)
    values = links.data.astype(np.float32)
    for row, (first, last) in enumerate(pairwise(links.indptr)):
        own = values[first:last]
        best = np.argpartition(-own, k)[:k] if len(own) > k else np.arange(len(own))
        # of equals the first item, whatever order the links came in
        best = best[np.lexsort((links.indices[first:last][best], -own[best]))]
        best = best[own[best] > 0]
        items[row, : len(best)] = links.indices[first:last][best]
        weights[row, : len(best)] = own[best]
    return items, weights
