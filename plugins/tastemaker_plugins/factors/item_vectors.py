"""Items as vectors: finding them, and scoring histories by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh, qr
from scipy.sparse import csr_array

from tastemaker import BoolArray, Float32Array, Float64Array, People, setting
from tastemaker_plugins.shared.recency import HistorySettings, fading_setting, half_life_setting

SPARE = 16
"""Vectors sought beyond those wanted: they make the last wanted ones true."""

ROUNDS = 4
"""Times that a random subspace is turned towards the strongest directions."""

BLOCK = 4096

TRACE = 1e-4
"""A direction weaker than this share of the strongest one is rounding, not taste."""


@dataclass(frozen=True)
class EvenedSettings(HistorySettings):
    """The base of the settings of recommenders that learn with popularity partly divided out."""

    evening: float = setting(
        0.25,
        "How far to divide out what is popular while learning: 0 not at all, 1 wholly.",
        low=0.0,
        high=1.0,
    )
    crowd: float = setting(
        0.3,
        "How far to let popularity back in when scoring: 0 not at all, 1 as people chose.",
        low=0.0,
        high=1.0,
    )
    fading: float = fading_setting(1.0)
    half_life: float = half_life_setting(6.0)


@dataclass(frozen=True)
class ItemVectors:
    """A vector for each item.

    Attributes:
        vectors: (n_items, rank) float32.
        known: (n_items,) bool: the items that can be scored; the others neither get nor give any.
    """

    vectors: Float32Array
    known: BoolArray

    def counted(self, people: People, weights: Float32Array) -> Float32Array:
        """(n_interactions,) the weights, 0 for items that are not known."""
        return weights * self.known[people.histories.items]

    def sums(self, people: People, weights: Float32Array) -> Float32Array:
        """(len(people), rank) the weighted sum of the vectors of each person's history."""
        histories = people.histories
        if len(people) == 1:
            return np.asarray(weights @ self.vectors[histories.items])[np.newaxis]
        shape = (len(people), len(self.vectors))
        parts = (weights, histories.items, histories.indptr)
        return np.asarray(csr_array(parts, shape=shape) @ self.vectors)

    def scores(self, profiles: Float32Array, able: BoolArray) -> Float32Array:
        """How well every item goes with every profile.

        Args:
            profiles: (n, rank) float32.
            able: (n,) bool: those that can be answered.

        Returns:
            (n, n_items) float32; NaN for unknown items and for those who cannot be answered.
        """
        scores: Float32Array = profiles @ self.vectors.T
        if not self.known.all():
            scores[:, ~self.known] = np.nan
        scores[~able] = np.nan
        return scores

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine of every item's vector with this one's; NaN for unknown items."""
        likeness: Float32Array = self.vectors @ self.vectors[item_index]
        lengths = np.linalg.norm(self.vectors, axis=1)
        lengths *= lengths[item_index]
        np.divide(likeness, lengths, out=likeness, where=lengths > 0)
        likeness[~self.known] = np.nan
        if not self.known[item_index]:
            likeness[:] = np.nan
        return likeness

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Named arrays, for a State."""
        return {"vectors": self.vectors, "known": self.known}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The vectors whose `arrays` were taken."""
        return cls(arrays["vectors"], arrays["known"])


def able(people: People, weights: Float32Array) -> BoolArray:
    """(len(people),) whether any interaction of a person has a positive weight."""
    return np.bincount(people.histories.rows, weights > 0, minlength=len(people)) > 0


def popularity(matrix: csr_array) -> Float32Array:
    """(n_items,) how often each item was chosen, in multiples of the mean; 0 where never."""
    counts = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
    chosen = counts > 0
    return counts / counts[chosen].mean() if chosen.any() else counts


def power(numbers: Float32Array, exponent: float) -> Float32Array:
    """The numbers to the power of `exponent`; 0 for those of 0."""
    result = np.zeros_like(numbers)
    np.power(numbers, exponent, out=result, where=numbers > 0)
    return result


def by_activity(matrix: csr_array) -> Float32Array:
    """(n_people,) what to multiply each row by, so that the busy do not drown the others."""
    return power(np.asarray(matrix.sum(axis=1), dtype=np.float32).ravel(), -0.25)


def scaled(matrix: csr_array, rows: Float32Array, columns: Float32Array) -> csr_array:
    """The matrix with each row and each column multiplied by its scale."""
    data = matrix.data * columns[matrix.indices] * np.repeat(rows, np.diff(matrix.indptr))
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def damped_directions(
    matrix: csr_array, rank: int, regularization: float, seed: int
) -> tuple[Float32Array, Float32Array]:
    """The strongest directions of a matrix, and how long each should be to be trusted.

    Products of the directions made that long are what ridge regression of the matrix on itself
    gives, but for the weaker directions: with singular values s,
    V diag(s ** 2 / (s ** 2 + lambda)) V'.

    Args:
        matrix: sparse (n_rows, n_items) float32.
        rank: how many directions at most.
        regularization: lambda, as a multiple of the mean sum of squares of an item.
        seed: of what is random.

    Returns:
        (n_items, k) float32 of length 1, and (k,) float32.
    """
    values, directions = truncated_svd(matrix, rank, seed)
    squares = values.astype(np.float64) ** 2
    chosen = max(1, len(np.unique(matrix.indices)))
    doubt = regularization * float(matrix.data @ matrix.data) / chosen
    return directions, np.sqrt(squares / (squares + doubt)).astype(np.float32)


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
    """(width, width) products of the images of the basis, exact enough to tell 0 from little."""
    gram = np.zeros((basis.shape[1], basis.shape[1]))
    for first in range(0, matrix.shape[0], BLOCK):
        image = (matrix[first : first + BLOCK] @ basis).astype(np.float64)
        gram += image.T @ image
    return gram
