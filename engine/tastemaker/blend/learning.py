"""Learning the weight curve from scored cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend.curve import KNOTS, WeightCurve, uniform_weights
from tastemaker.blend.guarantee import NDCG_CUTOFF, apply_guarantee
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.blend.smooth_search import best_weights
from tastemaker.data import Float64Array, Int64Array

BANDWIDTH = 0.5
"""How far the kernel reaches from a knot to other lengths of history, in log(1 + length).
Chosen, not measured."""

MIN_SCALE = 0.2
"""Cases count as if their best member reached at least this share of what is usual.
Chosen, not measured."""


@dataclass(frozen=True)
class RawWeights:
    """Weights as they were learnt, before shrinkage and guarantee.

    Attributes:
        curve: the weights.
        best: (n_knots,) int64 which member alone ranks best for people near each knot.
    """

    curve: WeightCurve
    best: Int64Array

    def shrunk(self, shares: Float64Array) -> WeightCurve:
        """The curve with each knot's weights moved a share (n_knots,) towards its best member.

        0 leaves them as they are, 1 is that member alone.
        """
        weights = self.curve.weights * (1 - shares)[:, np.newaxis]
        weights[np.arange(len(weights)), self.best] += shares
        return replace(self.curve, weights=weights)


def fit_weights(members: Sequence[str], scored: Sequence[ScoredCases]) -> WeightCurve:
    """The weight curve that ranks people best, and never worse than a single member.

    Args:
        members: the members' names.
        scored: of several time folds, with histories truncated to various lengths; with nobody in
            them all members get the same weight.
    """
    if not any(len(cases) for cases in scored):
        return uniform_weights(members)
    return apply_guarantee(fit_raw_weights(members, scored).curve, scored)


def fit_raw_weights(members: Sequence[str], scored: Sequence[ScoredCases]) -> RawWeights:
    """The weights that rank people best.

    They maximise a smooth stand-in for NDCG over everybody at once (see `best_weights`). Quality
    counts relative to the best member of each group of cases, so that an easy fold does not drown a
    hard one.

    Args:
        members: the members' names.
        scored: of several time folds, with histories truncated to various lengths; somebody is in
            them.
    """
    present = [cases for cases in scored if len(cases)]
    figures = [cases.member_ndcg(NDCG_CUTOFF) for cases in present]
    scales = quality_scales(figures)
    kernels = [kernel_weights(*pair, KNOTS) for pair in zip(present, scales, strict=True)]
    weights = best_weights(present, 1 / scales, KNOTS)
    weights = _drop_uninformative(weights, present, KNOTS)
    merits = np.sum([own @ ndcg.T for own, ndcg in zip(kernels, figures, strict=True)], axis=0)
    best = np.argmax(merits, axis=1).astype(np.int64)
    return RawWeights(WeightCurve(tuple(members), KNOTS, weights), best)


def quality_scales(figures: Sequence[Float64Array]) -> Float64Array:
    """(n_groups,) the mean quality of each group's best member, or a share of the usual one.

    Args:
        figures: for each group of cases (n_members, n), the NDCG of each member alone.
    """
    best = np.array([own.mean(axis=1).max() for own in figures])
    usual = float(np.median(best))
    return np.asarray(np.maximum(best, max(MIN_SCALE * usual, 1e-9)))


def kernel_weights(cases: ScoredCases, scale: float, knots: Sequence[int]) -> Float64Array:
    """(n_knots, n) how much each person counts for a knot: the nearer in length, the more.

    A Gaussian kernel over log(1 + length).

    Args:
        cases: the people.
        scale: how high quality is among them; it counts relative to that.
        knots: history lengths.
    """
    lengths = np.clip(cases.lengths, knots[0], knots[-1])
    distance = (np.log1p(lengths) - np.log1p(np.asarray(knots))[:, np.newaxis]) / BANDWIDTH
    return np.asarray((np.exp(-(distance**2)) + 1e-12) / scale)


def _drop_uninformative(
    weights: Float64Array, scored: Sequence[ScoredCases], knots: Sequence[int]
) -> Float64Array:
    """The weights without those of members that are uninformative to all of a knot's length.

    Where nobody's history is of that length, without those that are uninformative to everybody.
    They change no ranking, but would tell whoever reads the curve that such a member mattered.
    """
    useful = np.zeros(weights.shape, dtype=np.bool_)
    for cases in scored:
        places = np.searchsorted(np.asarray(knots), cases.lengths, side="right") - 1
        places = np.maximum(places, 0)
        for place in np.unique(places):
            useful[place] |= cases.calibrated.informative[:, places == place].any(axis=1)
    useful[~useful.any(axis=1)] = useful.any(axis=0)
    kept = weights * useful
    kept = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, weights)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))
