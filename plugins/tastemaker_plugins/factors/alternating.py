"""Weighted least squares for many people (or items) at once, each with a few observations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int64Array

BATCH_CELLS = 16_384
"""Observations worked on at once: what their vectors take stays in the processor's cache.
Chosen, not measured."""

GRADIENT_STEPS = 3
"""Steps of conjugate gradients in each half of an epoch; they start where the last ones ended.
More bring nothing: see docs/recommenders/als.md, which compares with ten."""

SMALLEST = np.float32(1e-30)
"""Keeps a step that is already at its end from dividing by 0."""


@dataclass(frozen=True)
class Observations:
    """What was observed of each row (a person or an item): a sparse matrix by rows.

    Attributes:
        indptr: (n + 1,) integers; the entries of row u are indptr[u]:indptr[u + 1].
        columns: (n_entries,) integers, the other side of each entry.
        weights: (n_entries,) float32, how much each counts; not negative.
    """

    indptr: npt.NDArray[np.integer]
    columns: npt.NDArray[np.integer]
    weights: Float32Array

    def totals(self) -> Float32Array:
        """(n,) the weights of each row together."""
        size = len(self.indptr) - 1
        rows = np.repeat(np.arange(size), np.diff(self.indptr))
        return np.bincount(rows, self.weights, minlength=size).astype(np.float32)


@dataclass(frozen=True)
class PaddedRows:
    """Rows with about as many entries each, padded to as many with entries of weight 0.

    Attributes:
        rows: (m,) which rows.
        columns: (m, widest) the other sides of their entries.
        weights: (m, widest) float32.
    """

    rows: Int64Array
    columns: npt.NDArray[np.integer]
    weights: Float32Array


def padded_batches(observed: Observations) -> Iterator[PaddedRows]:
    """All rows that have entries, the shortest first."""
    indptr = observed.indptr
    lengths = np.diff(indptr)
    order = np.argsort(lengths, kind="stable")
    ascending = lengths[order]
    first = int(np.searchsorted(ascending, 1))
    while first < len(order):
        widths = ascending[first : first + BATCH_CELLS]
        sizes = widths * np.arange(1, len(widths) + 1)
        count = max(1, int(np.searchsorted(sizes, BATCH_CELLS, side="right")))
        rows, places = order[first : first + count], np.arange(widths[count - 1])
        inside = places < lengths[rows, np.newaxis]
        entries = np.where(inside, indptr[rows, np.newaxis] + places, 0)
        yield PaddedRows(rows, observed.columns[entries], observed.weights[entries] * inside)
        first += count


def in_own_axes(vectors: Float32Array) -> tuple[Float32Array, Float32Array]:
    """The axes in which the sum of the vectors' outer products is diagonal.

    Returns:
        (k,) the diagonal, and (k, k) the rotation: `vectors @ rotation` is in those axes.
    """
    squares, rotation = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    return np.maximum(squares, 0).astype(np.float32), rotation.astype(np.float32)


def improved(
    observed: Observations, others: Float32Array, ridge: Float32Array, start: Float32Array
) -> Float32Array:
    """One half of an epoch of alternating least squares, for all rows.

    Row u gets nearer to the p that makes the sum over its entries j of
    c(u, j) (1 - p . y(j)) ** 2, plus the sum over all k of ridge(u, k) p(k) ** 2, smallest, by
    conjugate gradients. Where the axes are those of `in_own_axes`, what all the others weigh
    unobserved is part of the ridge, so that dividing by the ridge is a good first guess of the
    inverse: few steps are needed, and none of them sees the unobserved.

    Args:
        observed: of n rows; the weights are the c.
        others: (m, k) float32, the y.
        ridge: (n, k) float32, positive.
        start: (n, k) float32.

    Returns:
        (n, k) float32; 0 for rows without entries.
    """
    result = np.zeros_like(start)
    longest = int(np.diff(observed.indptr).max(initial=0))
    # one place for all batches: fetching new memory for each would take a third of the time
    room = np.empty((max(BATCH_CELLS, longest), others.shape[1]), dtype=np.float32)
    for batch in padded_batches(observed):
        near = room[: batch.columns.size].reshape(*batch.columns.shape, others.shape[1])
        others.take(batch.columns, axis=0, out=near, mode="clip")
        result[batch.rows] = _descended(near, batch.weights, ridge[batch.rows], start[batch.rows])
    return result


def _descended(
    near: Float32Array, weights: Float32Array, ridge: Float32Array, points: Float32Array
) -> Float32Array:
    """Conjugate gradients for a batch: (m, widest, k), (m, widest), (m, k), (m, k) -> (m, k)."""
    slopes = _back(near, weights * (1 - _along(near, points))) - ridge * points
    turned: Float32Array = np.divide(slopes, ridge)
    ways, sizes = turned, _dots(slopes, turned)
    for _ in range(GRADIENT_STEPS):
        images = _back(near, weights * _along(near, ways)) + ridge * ways
        steps = _ratios(sizes, _dots(ways, images))
        points = points + steps * ways
        slopes = slopes - steps * images
        turned = np.divide(slopes, ridge)
        before, sizes = sizes, _dots(slopes, turned)
        ways = turned + _ratios(sizes, before) * ways
    return points


def _along(near: Float32Array, points: Float32Array) -> Float32Array:
    """(m, widest) the products of each row's vectors with its point."""
    return np.asarray(np.matmul(near, points[:, :, np.newaxis])[:, :, 0])


def _back(near: Float32Array, weights: Float32Array) -> Float32Array:
    """(m, k) the weighted sum of each row's vectors."""
    return np.asarray(np.matmul(weights[:, np.newaxis, :], near)[:, 0, :])


def _dots(ones: Float32Array, others: Float32Array) -> Float32Array:
    """(m,) the product of each row with its counterpart."""
    return np.asarray(np.einsum("mk,mk->m", ones, others))


def _ratios(numerators: Float32Array, denominators: Float32Array) -> Float32Array:
    """(m, 1) one divided by the other, which is positive unless the end is reached."""
    return np.asarray(numerators / np.maximum(denominators, SMALLEST), np.float32)[:, np.newaxis]
