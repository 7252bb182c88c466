"""Least squares without negative numbers, for many at once."""

from __future__ import annotations

import numpy as np

from tastemaker import Float32Array


class Nonnegative:
    """Finds the rows p >= 0 that make p G p' / 2 - p . b smallest, for any b.

    Each step goes against the slope, as far as the steepest direction allows, then sets to 0 what
    is negative and keeps the momentum that suits the flattest direction. All rows take as many
    steps, so that a row comes out alike alone and among many; after n of them the distance has
    shrunk by about (1 - sqrt(flattest / steepest)) ** n.

    Nesterov, Y.: Introductory Lectures on Convex Optimization. 2004, section 2.2.4. Guan, N.,
    Tao, D., Luo, Z., Yuan, B.: NeNMF: An Optimal Gradient Method for Nonnegative Matrix
    Factorization. IEEE Transactions on Signal Processing 60(6), 2012.

    Args:
        gram: (k, k) float32, symmetric and positive definite: the G.
    """

    def __init__(self, gram: Float32Array) -> None:
        curves = np.linalg.eigvalsh(gram.astype(np.float64))
        flattest, steepest = (curves[0], curves[-1]) if len(curves) else (1.0, 1.0)
        self._stride = np.float32(1 / steepest)
        kept = np.eye(len(gram), dtype=np.float32) - self._stride * gram
        share = np.sqrt(max(flattest, 0) / steepest)
        momentum = np.float32((1 - share) / (1 + share))
        # what becomes of the points now, and of those a step before
        now, before = (1 + momentum) * kept, -momentum * kept
        self._turns = (np.concatenate((now, before)), np.concatenate((before, now)))

    def solve(self, wanted: Float32Array, start: Float32Array, steps: int) -> Float32Array:
        """The rows after some steps.

        Args:
            wanted: (n, k) float32, the b of each row.
            start: (n, k) float32, not negative.
            steps: how many; all rows take as many.

        Returns:
            (n, k) float32, not negative.
        """
        size = wanted.shape[1]
        pull = wanted * self._stride
        # the points now and those a step before, side by side, so that one product moves both
        both = np.concatenate((start, start), axis=1)
        halves, moved = (both[:, :size], both[:, size:]), np.empty_like(pull)
        for step in range(steps):
            np.matmul(both, self._turns[1 - step % 2], out=moved)
            moved += pull
            np.maximum(moved, 0, out=halves[step % 2])
        return halves[1 - steps % 2].copy()
