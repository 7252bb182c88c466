"""Co-occurrence of items: how many people chose both of two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int32Array, PluginError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ROWS = 512
"""Rows made at once: the sparse product of all of them may take twice what the result does."""


def co_occurrence(matrix: csr_array, max_items: int) -> tuple[Int32Array, Float32Array]:
    """The Gram matrix of the most chosen items.

    Args:
        matrix: sparse (n_people, n_items) float32, how strongly each person chose each item.
        max_items: how many items at most.

    Returns:
        (n,) the items, in their order, and (n, n) float32: X'X of their columns.
    """
    places = most_chosen_items(matrix, max_items)
    return places, gram_of(matrix[:, places])


def most_chosen_items(matrix: csr_array, max_items: int) -> Int32Array:
    """(n,) the columns of a sparse matrix that have the most entries, at most so many, ascending.

    Args:
        matrix: sparse (n_people, n_items), how strongly each person chose each item.
        max_items: how many items at most.
    """
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    chosen = np.argsort(-counts, kind="stable")[:max_items]
    return np.sort(chosen[counts[chosen] > 0]).astype(np.int32)


def gram_of(matrix: csr_array) -> npt.NDArray[Any]:
    """(n, n) X'X of all columns of a sparse matrix X (n_people, n), in its own precision."""
    back, n = matrix.T.tocsr(), matrix.shape[1]
    gram = np.empty((n, n), dtype=matrix.dtype)
    for first in range(0, n, ROWS):
        gram[first : first + ROWS] = (back[first : first + ROWS] @ matrix).toarray()
    return gram


def gram_memory(n_items: int) -> int:
    """Bytes that `co_occurrence` takes at most for so many items, besides the matrix."""
    return 4 * n_items * n_items + 20 * ROWS * n_items


def cholesky(gram: Float32Array, ridge: float) -> Float32Array:
    """The lower Cholesky factor of a Gram matrix with a ridge, in the order that LAPACK wants.

    Args:
        gram: (n, n) float32, symmetric; overwritten.
        ridge: what is added to its diagonal.

    Raises:
        PluginError: it cannot be factored.
    """
    from scipy.linalg import lapack

    np.einsum("ii->i", gram)[:] += np.float32(ridge)
    # the transpose is in the order LAPACK wants, so that it works in place
    factor, problem = lapack.spotrf(gram.T, lower=1, overwrite_a=1)
    if problem:
        raise PluginError(f"The item-item matrix cannot be factored (LAPACK reports {problem}).")
    return np.asarray(factor)
