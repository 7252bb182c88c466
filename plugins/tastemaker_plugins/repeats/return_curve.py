"""The return curve: how probable it is that somebody who chose an item chooses it again soon."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tastemaker import Float64Array, Int64Array

COUNTS = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
"""The knots: so many times chosen."""

PHASES = np.exp2(np.arange(-4.0, 5.0))
"""The knots: so many usual gaps ago."""

PRIOR = 50.0
"""So many pairs are taken to be average for their count, in each cell. Chosen, not measured."""


class Corners(NamedTuple):
    """Where pairs of people and items lie among the knots, each between four of them.

    Attributes:
        cells: (4, n) int64 places in a flat table of counts and phases.
        shares: (4, n) float64 how near to each; they sum to 1.
    """

    cells: Int64Array
    shares: Float64Array

    @classmethod
    def of(cls, counts: Float64Array, phases: Float64Array) -> Corners:
        """Of pairs chosen `counts` times (n,), `phases` usual gaps ago (n,)."""
        row, down = _between(counts, COUNTS)
        column, right = _between(phases, PHASES)
        width = len(PHASES)
        first = row * width + column
        cells = np.stack((first, first + 1, first + width, first + width + 1))
        shares = np.stack(
            ((1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right)
        )
        return cls(cells, shares)


def _between(values: Float64Array, knots: Float64Array) -> tuple[Int64Array, Float64Array]:
    """The knot before each value, and how far it is towards the next, by logarithm."""
    places = np.interp(np.log(np.maximum(values, 1e-9)), np.log(knots), np.arange(len(knots)))
    before = np.minimum(places.astype(np.int64), len(knots) - 2)
    return before, places - before


def learn_curve(counts: Float64Array, phases: Float64Array, again: Float64Array) -> Float64Array:
    """(n_counts, n_phases) the share of pairs chosen again, near each pair of knots.

    Where few pairs lie it is shrunk to the share of their count at any phase.

    Args:
        counts: (n,) how often a person had chosen an item.
        phases: (n,) how many usual gaps ago the last time was.
        again: (n,) 1 where they then chose it again, and 0.
    """
    corners, shape = Corners.of(counts, phases), (len(COUNTS), len(PHASES))
    size = len(COUNTS) * len(PHASES)
    pairs, hits = (
        np.bincount(corners.cells.ravel(), (corners.shares * own).ravel(), size).reshape(shape)
        for own in (1.0, again)
    )
    overall = (hits.sum() + 1) / (pairs.sum() + 20)
    by_count = (hits.sum(axis=1) + PRIOR * overall) / (pairs.sum(axis=1) + PRIOR)
    curve: Float64Array = (hits + PRIOR * by_count[:, np.newaxis]) / (pairs + PRIOR)
    return curve


def on_curve(curve: Float64Array, counts: Float64Array, phases: Float64Array) -> Float64Array:
    """(n,) the curve between its knots."""
    corners = Corners.of(counts, phases)
    result: Float64Array = (curve.ravel()[corners.cells] * corners.shares).sum(axis=0)
    return result
