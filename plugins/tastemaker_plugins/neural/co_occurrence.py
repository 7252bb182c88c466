"""What is chosen by the same people: what networks that read texts learn to predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tastemaker import BoolArray, Float32Array, Int32Array, Int64Array, People, Progress
from tastemaker_plugins.neural.layers import unit
from tastemaker_plugins.shared.neighbours import AnyArray, nearest
from tastemaker_plugins.shared.recency import strengths
from tastemaker_plugins.shared.truncated_svd import truncated_svd

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Pairs: TypeAlias = tuple[Int32Array, Int32Array, Float32Array]
"""(n_pairs,) items, as many positives of theirs, and how strongly they go together."""

DIRECTIONS = 32
"""Strongest directions of the choices in which clusters are looked for; chosen, not measured."""

CLUSTER_ROUNDS = 10
"""How often the clusters are drawn anew; chosen, not measured."""

NEWEST = 50
"""Interactions of a person that count, the newest: bounds the pairs that active people make."""


def recent_choices(people: People, readable: BoolArray) -> csr_array:
    """Who chose what recently, of the items that have words.

    Args:
        people: whose histories.
        readable: (n_items,) bool.

    Returns:
        Sparse (n_people, n_items) float32, from 0 to 1.
    """
    matrix = strengths(people.newest(NEWEST))
    matrix.data *= readable[matrix.indices]
    matrix.eliminate_zeros()
    return matrix


def frequent_pairs(matrix: csr_array, k: int, shrinkage: float, progress: Progress) -> Pairs:
    """The pairs of items that go together most: each item with its k nearest.

    sim(j, i) = common(j, i) / (sqrt(people(j) * people(i)) + shrinkage).

    Args:
        matrix: what `recent_choices` returned.
        k: how many to keep of each item.
        shrinkage: the higher, the less pairs of few people count.
        progress: called with how far it is.
    """
    roots = np.sqrt(np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel())

    def rate(common: AnyArray, sources: AnyArray, targets: AnyArray) -> AnyArray:
        return common / (roots[sources] * roots[targets] + shrinkage)

    items, weights = nearest(matrix.T.tocsr(), matrix, k, rate, progress)
    found = weights.ravel() > 0
    sources = np.repeat(np.arange(len(items), dtype=np.int32), items.shape[1])
    return sources[found], items.ravel()[found], weights.ravel()[found]


def sampled_pairs(pairs: Pairs, most: int, rng: np.random.Generator) -> Pairs:
    """At most so many of the pairs, and their strengths in the mean 1.

    Strengths come as their square roots: a pair four times as strong has twice the weight.
    """
    first, second, strength = pairs
    if len(first) > most:
        kept = np.sort(rng.choice(len(first), most, replace=False))
        first, second, strength = first[kept], second[kept], strength[kept]
    if len(first):
        strength = np.sqrt(strength)
        strength /= strength.mean()
    return first, second, strength


def clusters(matrix: csr_array, n_clusters: int, rng: np.random.Generator) -> Int64Array:
    """(n_items,) int64: which cluster of items that the same people chose each belongs to.

    Spherical k-means in the strongest directions of the choices; -1 for items nobody chose.

    Dhillon, I., Modha, D.: Concept decompositions for large sparse text data using clustering.
    Machine Learning 42, 2001.

    Args:
        matrix: what `recent_choices` returned.
        n_clusters: how many clusters, at most.
        rng: draws where they begin.
    """
    from scipy.sparse import csr_array

    chosen = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]))
    found = np.full(matrix.shape[1], -1, dtype=np.int64)
    size = min(DIRECTIONS, min(matrix.shape[0], len(chosen)) - 1)
    if size < 1:
        return found
    # everyone's choices count alike, however many they are
    norms = np.sqrt(np.maximum(np.diff(matrix.indptr), 1))
    columns = csr_array(matrix.multiply(1 / norms[:, np.newaxis]))[:, chosen]
    sizes, directions = truncated_svd(columns, size, int(rng.integers(2**31)))
    # what many choices agree on counts more than what few do
    places = unit(directions * sizes)
    centres = places[_apart(places, min(n_clusters, len(places)), rng)]
    for _ in range(CLUSTER_ROUNDS):
        nearest_centre = (places @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest_centre, places)
        centres = unit(sums)
    found[chosen] = nearest_centre
    return found


def _apart(places: Float32Array, count: int, rng: np.random.Generator) -> Int64Array:
    """(count,) rows that lie far from each other: each drawn by how far it is from those before.

    Arthur, D., Vassilvitskii, S.: k-means++: the advantages of careful seeding. SODA 2007.
    """
    chosen = [int(rng.integers(len(places)))]
    away = np.ones(len(places))
    for _ in range(1, count):
        away = np.minimum(away, np.maximum(0, 1 - places @ places[chosen[-1]]))
        total = away.cumsum()
        chosen.append(int(np.searchsorted(total, rng.random() * total[-1])))
    return np.minimum(np.array(chosen, dtype=np.int64), len(places) - 1)
