"""The search for weights: uphill on a smooth stand-in for NDCG, for all lengths of history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend.curve import WeightCurve
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.blend.soft_ndcg import SoftNdcg
from tastemaker.data import Float32Array, Float64Array

SIZE_PENALTY = 1e-4
"""What the square of a weight costs: without it the figure would have no highest point where
weights can grow for ever. Ten times as much lost half a percent of NDCG@10 on MovieLens 100K, a
tenth of it half a percent of NDCG@100."""

BEND_PENALTY = 1e-3
"""What the square of a member's step from one knot to the next costs: it keeps weights steady where
few people are. A tenth of it lost half a percent of NDCG@100 on MovieLens 100K."""

MAX_STEPS = 60
"""After so many steps little changes: with a log likelihood in place of this figure, 25 were nearly
as good on MovieLens 100K."""


@dataclass(frozen=True)
class _Part:
    """A group of people to rank.

    Attributes:
        figure: how well weights rank each of them.
        shares: (n, n_knots) float32 how much each knot's weights count for each person.
        merit: how much each person's figure counts.
    """

    figure: SoftNdcg
    shares: Float32Array
    merit: float


def best_weights(
    scored: Sequence[ScoredCases], merits: Float64Array, knots: Sequence[int]
) -> Float64Array:
    """(n_knots, n_members) the shares of weight that rank people's top candidates best.

    A person counts for the two knots that their history lies between, as in what serves. L-BFGS
    from equal weights: it draws nothing, and always ends at the same weights.

    Args:
        scored: the people; at least one group.
        merits: (n_groups,) how much the people of each group count.
        knots: history lengths.
    """
    from scipy.optimize import Bounds, minimize

    parts = _parts(scored, merits, knots)
    shape = (len(knots), scored[0].n_members)

    def loss(flat: Float64Array) -> tuple[float, Float64Array]:
        value, gradient = _penalties(flat.reshape(shape))
        for part in parts:
            figures, slopes = part.figure(part.shares @ flat.reshape(shape).astype(np.float32))
            value -= part.merit * float(figures.sum(dtype=np.float64))
            gradient -= part.merit * (part.shares.T @ slopes)
        return value, gradient.ravel()

    start = np.full(shape[0] * shape[1], 1 / shape[1])
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(0, np.inf),
        options={"maxiter": MAX_STEPS},
    )
    weights = found.x.reshape(shape)
    sums, even = weights.sum(axis=1, keepdims=True), np.full(shape, 1 / shape[1])
    shares: Float64Array = np.divide(weights, sums, where=sums > 0, out=even)
    return shares


def _parts(
    scored: Sequence[ScoredCases], merits: Float64Array, knots: Sequence[int]
) -> list[_Part]:
    """The groups with their people's merits, which sum to 1."""
    # as if each knot were a member that has all the weight there
    by_knot = WeightCurve(tuple(map(str, knots)), tuple(knots), np.eye(len(knots)))
    total = sum(
        merit * len(cases.top_candidates) for cases, merit in zip(scored, merits, strict=True)
    )
    return [
        _Part(
            SoftNdcg(cases.top_candidates),
            by_knot.at(cases.lengths[cases.top_candidates.people]).astype(np.float32),
            float(merit / total),
        )
        for cases, merit in zip(scored, merits, strict=True)
        if len(cases.top_candidates)
    ]


def _penalties(weights: Float64Array) -> tuple[float, Float64Array]:
    """What weights (n_knots, n_members) cost by themselves, and the gradient of that."""
    steps = np.diff(weights, axis=0)
    value = SIZE_PENALTY * (weights**2).sum() + BEND_PENALTY * (steps**2).sum()
    gradient = 2 * SIZE_PENALTY * weights
    gradient[1:] += 2 * BEND_PENALTY * steps
    gradient[:-1] -= 2 * BEND_PENALTY * steps
    return float(value), gradient
