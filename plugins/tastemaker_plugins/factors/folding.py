"""Folding histories in: the least squares of one person given the items, solved exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tastemaker import Float32Array


@dataclass(frozen=True)
class FoldedHistory:
    """The p that makes the sum over a history of c (1 - p . y) ** 2 + p . (r p) smallest.

    With a row c ** .5 y r ** -.5 for each interaction, B, it is r ** -.5 (B'B + I) ** -1 B' c ** .5
    and also r ** -.5 B' (BB' + I) ** -1 c ** .5. So what is solved has as many unknowns as there
    are factors, or interactions where these are fewer.

    Attributes:
        rows: (h, k) float32, the B.
        roots: (h,) float32, the c ** .5.
        shrinks: (k,) float32, the r ** -.5.
        matrix: BB' + I or B'B + I, whichever is smaller.
    """

    rows: Float32Array
    roots: Float32Array
    shrinks: Float32Array
    matrix: Float32Array

    @classmethod
    def of(cls, vectors: Float32Array, weights: Float32Array, ridge: Float32Array) -> Self:
        """The history of these items.

        Args:
            vectors: (h, k) float32, the y; overwritten.
            weights: (h,) float32, the c; not negative.
            ridge: (k,) float32, the r; positive.
        """
        roots, shrinks = np.sqrt(weights), np.sqrt(1 / ridge)
        vectors *= roots[:, np.newaxis]
        vectors *= shrinks
        few = len(vectors) <= len(ridge)
        matrix = vectors @ vectors.T if few else vectors.T @ vectors
        matrix.ravel()[:: len(matrix) + 1] += 1
        return cls(vectors, roots, shrinks, matrix)

    def person(self) -> Float32Array:
        """(k,) float32: the p."""
        if len(self.matrix) == len(self.rows):
            return (_solved(self.matrix, self.roots) @ self.rows) * self.shrinks
        return _solved(self.matrix, self.roots @ self.rows) * self.shrinks

    def shares(self, items: Float32Array) -> Float32Array:
        """(h, n) float32: what each interaction adds to p . q, for each q in items (n, k)."""
        scaled = (items * self.shrinks).T
        if len(self.matrix) == len(self.rows):
            shares = _solved(self.matrix, self.rows @ scaled)
        else:
            shares = self.rows @ _solved(self.matrix, scaled)
        return shares * self.roots[:, np.newaxis]


def _solved(matrix: Float32Array, wanted: Float32Array) -> Float32Array:
    """The x of matrix x = wanted, for a matrix whose eigenvalues are 1 or more.

    By LAPACK itself: for so small a matrix the checks around it would take longer.
    """
    from scipy.linalg.lapack import sposv

    if not len(matrix):
        return wanted
    found: Float32Array = sposv(matrix, wanted)[1]
    return found
