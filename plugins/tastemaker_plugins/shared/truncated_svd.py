"""The strongest directions of a sparse matrix: a truncated singular value decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tastemaker import Float32Array, Float64Array

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SPARE = 16
"""Vectors sought beyond those wanted: they make the last wanted ones accurate. Chosen, not
measured."""

ROUNDS = 4
"""Times that a random subspace is turned towards the strongest directions; chosen, not measured."""

IMAGE_ROWS = 4096
"""Rows whose products are held at once: bounds the memory."""

TRACE = 1e-4
"""A direction weaker than this share of the strongest one is rounding; chosen, not measured."""


def truncated_svd(matrix: csr_array, rank: int, seed: int) -> tuple[Float32Array, Float32Array]:
    """The strongest directions of a sparse matrix, the strongest first.

    A random subspace is turned towards them by products with the matrix and its transpose. SciPy's
    `svds` gives the same but for the last digits, and others each time where singular values are
    alike.

    Halko, N., Martinsson, P. G., Tropp, J.: Finding Structure with Randomness. SIAM Review 53(2),
    2011, algorithm 4.4.

    Args:
        matrix: sparse (n_rows, n_columns) float32.
        rank: how many directions at most; those of no strength are left out.
        seed: of the first subspace.

    Returns:
        (k,) singular values and (n_columns, k) right singular vectors, float32.
    """
    from scipy.linalg import eigh, qr

    n_columns, width = matrix.shape[1], min(rank + SPARE, *matrix.shape)
    if not matrix.nnz:
        return np.zeros(0, dtype=np.float32), np.zeros((n_columns, 0), dtype=np.float32)
    turned = matrix.T.tocsr()
    basis = np.random.default_rng(seed).standard_normal((n_columns, width), dtype=np.float32)
    for _ in range(ROUNDS):
        basis, _ = qr(turned @ (matrix @ basis), mode="economic", check_finite=False)
    squares, directions = eigh(_gram(matrix, basis))
    values = np.sqrt(np.maximum(squares[::-1], 0)).astype(np.float32)
    kept = np.flatnonzero(values[:rank] > TRACE * values[0])
    vectors = basis @ directions[:, ::-1][:, kept].astype(np.float32)
    return values[kept], np.ascontiguousarray(vectors)


def _gram(matrix: csr_array, basis: Float32Array) -> Float64Array:
    """(width, width) products of the images of the basis, in float64 so that 0 is no rounding."""
    gram = np.zeros((basis.shape[1], basis.shape[1]))
    for first in range(0, matrix.shape[0], IMAGE_ROWS):
        image = (matrix[first : first + IMAGE_ROWS] @ basis).astype(np.float64)
        gram += image.T @ image
    return gram
