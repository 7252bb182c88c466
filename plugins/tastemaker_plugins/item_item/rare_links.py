"""Links of items that few people chose, for whom no inverse of a whole matrix is needed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tastemaker import BoolArray, Float32Array, Int32Array, Int64Array
from tastemaker_plugins.shared.neighbours import presence_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PREDICTORS = 64
"""Items that a rare one is predicted from. Chosen, not measured."""

SOLVED_ITEMS = 256
"""Rare items whose equations are solved at once: bounds the memory."""


@dataclass(frozen=True)
class Regressed:
    """Rare items as predicted from frequent ones.

    Attributes:
        items: (n_rare,) int32 the rare items, ascending.
        predictors: (n_rare, k) int64 places, among the frequent items, of those most alike.
        weights: (n_rare, k) float32 the weight of each of these in predicting the rare item.
        precisions: (n_rare,) float32 one over what they leave unexplained of it.
    """

    items: Int32Array
    predictors: Int64Array
    weights: Float32Array
    precisions: Float32Array

    def both_ways(self, frequent: Int32Array, precisions: Float32Array) -> RareLinks:
        """The links to and from the rare items.

        In the inverse P of a regularised Gram matrix the weight of j for i is -P[j, i] / P[i, i];
        as P is symmetric, that of i for j is the same times P[i, i] / P[j, j].

        Args:
            frequent: (n_frequent,) the frequent items.
            precisions: (n_frequent,) the diagonal of P for them.
        """
        ratios = self.precisions[:, np.newaxis] / precisions[self.predictors]
        return RareLinks(self.items, frequent[self.predictors], self.weights, self.weights * ratios)


@dataclass(frozen=True)
class RareLinks:
    """What links rare items with frequent ones, both ways.

    Attributes:
        items: (n_rare,) int32 the rare items, ascending.
        partners: (n_rare, k) int32 the frequent items that each is linked with.
        to_rare: (n_rare, k) float32 the weights of the partners in predicting the rare item.
        from_rare: (n_rare, k) float32 the weight of the rare item in predicting each partner.
    """

    items: Int32Array
    partners: Int32Array
    to_rare: Float32Array
    from_rare: Float32Array


def rare_items(matrix: csr_array, frequent: Int32Array, max_items: int) -> Int32Array:
    """The items that somebody chose, besides the frequent ones, the most chosen first to count.

    Args:
        matrix: sparse (n_people, n_items), how strongly each person chose each item.
        frequent: the frequent items.
        max_items: how many items there may be at most, the frequent ones included.

    Returns:
        (n_rare,) int32, ascending.
    """
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    counts[frequent] = 0
    chosen = np.argsort(-counts, kind="stable")[: max(max_items - len(frequent), 0)]
    return np.sort(chosen[counts[chosen] > 0]).astype(np.int32)


def regress_rare_items(
    matrix: csr_array,
    frequent: Int32Array,
    gram: Float32Array,
    rare: Int32Array,
    ridge: float,
    support: int,
) -> Regressed:
    """Predicts each rare item from those frequent ones that are most alike (cosine).

    This is a column of EASE in which only these may have a weight: (G + ridge I) w = g, G being
    their part of the Gram matrix, g their co-occurrence with the rare item.

    Spišák, M. et al.: Scalable Approximate NonSymmetric Autoencoder for Collaborative Filtering.
    RecSys 2023 (a sparse approximate inverse of the same matrix).

    Args:
        matrix: sparse (n_people, n_items) float32, how strongly each person chose each item.
        frequent: (n,) the frequent items.
        gram: (n, n) float32, X'X of the frequent items.
        rare: (n_rare,) the rare items.
        ridge: the regularization.
        support: by how many people two items must have been chosen to be linked.
    """
    k = min(PREDICTORS, len(frequent))
    predictors = np.zeros((len(rare), k), dtype=np.int64)
    weights = np.zeros((len(rare), k), dtype=np.float32)
    precisions = np.zeros(len(rare), dtype=np.float32)
    back, beside = matrix[:, rare].T.tocsr(), matrix[:, frequent]
    norms = np.sqrt(np.diag(gram))
    for first in range(0, len(rare), SOLVED_ITEMS):
        own = back[first : first + SOLVED_ITEMS]
        common = (own @ beside).toarray()
        best = np.argpartition(-(common / norms), k - 1, axis=1)[:, :k]
        system = gram[best[:, :, np.newaxis], best[:, np.newaxis, :]]
        system[:, np.arange(k), np.arange(k)] += np.float32(ridge)
        target = np.take_along_axis(common, best, axis=1)
        found = np.linalg.solve(system, target[:, :, np.newaxis])[:, :, 0]
        if support > 1:
            together = (presence_of(own) @ presence_of(beside)).toarray()
            found *= np.take_along_axis(together, best, axis=1) >= support
        squares = np.asarray(own.multiply(own).sum(axis=1)).ravel() + ridge
        part = slice(first, first + len(best))
        predictors[part], weights[part] = best, found
        precisions[part] = 1 / (squares - (found * target).sum(axis=1))
    return Regressed(rare, predictors, weights, precisions)


def join_links(
    frequent: Int32Array,
    items: Int32Array,
    weights: Float32Array,
    rare: RareLinks,
    known: BoolArray,
    k: int,
) -> tuple[Int32Array, Float32Array]:
    """The strongest links of all items, frequent and rare.

    Args:
        frequent: (n,) the frequent items.
        items: (n, width) where their links to frequent items lead.
        weights: (n, width) how strong those are.
        rare: the links between them and rare items.
        known: (n_items,) which items are either.
        k: how many links each item keeps.

    Returns:
        (n_known, k) int32 items and float32 weights, padded with links of weight 0.
    """
    from scipy.sparse import coo_array

    sources = np.repeat(rare.items, rare.partners.shape[1])
    targets = rare.partners.ravel()
    rows = np.concatenate([np.repeat(frequent, items.shape[1]), targets, sources])
    columns = np.concatenate([items.ravel(), sources, targets])
    links = np.concatenate([weights.ravel(), rare.to_rare.ravel(), rare.from_rare.ravel()])
    shape = (len(known), len(known))
    return _strongest_of_rows(coo_array((links, (rows, columns)), shape=shape).tocsr()[known], k)


def _strongest_of_rows(links: csr_array, k: int) -> tuple[Int32Array, Float32Array]:
    """(n_rows, k) the columns and values of the largest size in each row."""
    items = np.zeros((links.shape[0], k), dtype=np.int32)
    weights = np.zeros((links.shape[0], k), dtype=np.float32)
    for row, (first, last) in enumerate(pairwise(links.indptr)):
        own = links.data[first:last]
        best = np.argpartition(-np.abs(own), k)[:k] if len(own) > k else np.arange(len(own))
        best.sort()
        items[row, : len(best)] = links.indices[first:last][best]
        weights[row, : len(best)] = own[best]
    return items, weights


def rare_memory(n_frequent: int, n_rare: int, k: int) -> int:
    """Bytes that rare items take at most: what is solved at once, and the links of all items.

    Args:
        n_frequent, n_rare: how many items there are.
        k: how many links each of them keeps.
    """
    if n_rare <= 0:
        return 0
    solved = SOLVED_ITEMS * (24 * n_frequent + 16 * PREDICTORS**2)
    joined = 60 * (k * n_frequent + 2 * PREDICTORS * n_rare)
    return solved + joined + 16 * k * (n_frequent + n_rare)
