"""The blend's weights, learnt on several folds: those that serve, and those that are measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend import (
    FittedWeights,
    ScoredCases,
    WeightCurve,
    apply_guarantee,
    fit_raw_weights,
    fit_weights,
    shrinkage_shares,
)
from tastemaker.blend.member_subset import restricted
from tastemaker.training.planning import NO_WEIGHT


def learn_weights(
    names: Sequence[str], folds: Sequence[Sequence[ScoredCases]], seed: int
) -> tuple[FittedWeights, WeightCurve]:
    """Weights learnt on all folds, over the members alone that they give weight.

    How far they are moved towards the best member is found by learning without each fold in turn
    (see `shrinkage_shares`).

    Args:
        names: the members.
        folds: the scored cases of each fold, the latest first.
        seed: what anything random starts from.

    Returns:
        What serves, and the curve to measure on the latest fold: learnt without it, if there are
        several. (Of the latest fold it knows one thing: how far to shrink, which the other folds
        found for weights that were learnt with it.)
    """
    everything = [one for fold in folds for one in fold]
    if len(folds) == 1:
        fitted = weighted_members(fit_weights(names, everything, seed=seed), everything)
        return fitted, fitted.curve
    raw = [fit_raw_weights(names, _without(folds, place), seed=seed) for place in range(len(folds))]
    served = fit_raw_weights(names, everything, seed=seed).moved(shrinkage_shares(raw, folds))
    measured = raw[0].moved(shrinkage_shares(raw[1:], folds[1:]))
    older = [one for fold in folds[1:] for one in fold]
    return (
        weighted_members(apply_guarantee(served, everything), everything),
        weighted_members(apply_guarantee(measured, older), older).curve,
    )


def _without(folds: Sequence[Sequence[ScoredCases]], left_out: int) -> list[ScoredCases]:
    """The scored cases of all folds but one."""
    return [one for place, fold in enumerate(folds) if place != left_out for one in fold]


def weighted_members(fitted: FittedWeights, cases: Sequence[ScoredCases]) -> FittedWeights:
    """The weights over those members alone that have any, so that serving pays only for them.

    Without the others' candidates scores are on other scales: the guarantee is applied again, for
    the blend that serves.
    """
    curve = fitted.curve
    kept = [row for row, most in enumerate(curve.weights.max(axis=0)) if most > NO_WEIGHT]
    if not kept or len(kept) == len(curve.members):
        return fitted
    parts = [restricted(one, kept) for one in cases]
    return apply_guarantee(curve.only([curve.members[row] for row in kept]), parts)


def mean_weights(curve: WeightCurve, cases: Sequence[ScoredCases]) -> list[float]:
    """The mean weight of each member over people; 0 where it is next to nothing at any length."""
    rows = [curve.at(one.lengths) for one in cases] or [curve.weights]
    mean = np.concatenate(rows).mean(axis=0)
    return [float(own) for own in mean * (curve.weights.max(axis=0) > NO_WEIGHT)]
