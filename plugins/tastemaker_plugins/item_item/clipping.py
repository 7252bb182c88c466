"""What one person may contribute at most: a bounded number of items, of a bounded norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tastemaker import People
from tastemaker_plugins.shared.gaussian_mechanism import secure_uniforms

if TYPE_CHECKING:
    from scipy.sparse import csr_array

GRID_STEP = 2.0**-12
"""Contributions are multiples of this: their products, and sums of these, are then exact in
float64 for up to 2 ** 29 people, so that no rounding tells of the order that they came in."""


def contributions(people: People) -> csr_array:
    """How strongly each person chose each item: the weights of what they did with it, at most 1.

    A person's row depends on that person alone.

    Returns:
        Sparse (n_people, n_items) float64 without zeros.
    """
    matrix = people.matrix(np.maximum(people.weights, 0)).astype(np.float64)
    np.minimum(matrix.data, 1.0, out=matrix.data)
    matrix.eliminate_zeros()
    return matrix


def newest_of_each(people: People, most: int) -> People:
    """The same people with the interactions with so many items of each alone: the newest.

    Of those of the same age chance decides, not their order: that may depend on other people.

    Args:
        people: whose histories.
        most: how many items each.
    """
    chosen = people.take(people.weights > 0)
    rows = chosen.histories.rows
    pairs, place = np.unique(rows * people.n_items + chosen.histories.items, return_inverse=True)
    ages = np.full(len(pairs), np.inf)
    # the ages of two moments differ by 1 at least
    np.minimum.at(ages, place, chosen.ages + 0.5 * secure_uniforms(len(rows)))
    owners = pairs // max(people.n_items, 1)
    order = np.lexsort((ages, owners))
    starts = np.searchsorted(owners[order], owners[order])
    kept = np.zeros(len(pairs), dtype=np.bool_)
    kept[order[np.arange(len(pairs)) - starts < most]] = True
    return chosen.take(kept[place])


def clipped(matrix: csr_array, norm: float) -> csr_array:
    """The rows shortened to a Euclidean norm, and rounded towards 0 to multiples of `GRID_STEP`.

    Args:
        matrix: sparse (n_people, n) float64, from 0 to 1.
        norm: what no row exceeds.
    """
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    squares = np.bincount(rows, matrix.data**2, minlength=matrix.shape[0])
    shares = np.minimum(1.0, norm / np.sqrt(np.maximum(squares, np.finfo(np.float64).tiny)))
    result = matrix.copy()
    result.data = np.floor(matrix.data * shares[rows] / GRID_STEP) * GRID_STEP
    return result
