"""The blend's weights, learnt on several folds: those that serve, and those that are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend import (
    ScoredCases,
    WeightCurve,
    apply_guarantee,
    fit_raw_weights,
    fit_weights,
    keep_members,
    shrinkage_shares,
)
from tastemaker.recommender import Progress, no_progress
from tastemaker.training.planning import NO_WEIGHT


@dataclass(frozen=True)
class LearnedWeights:
    """Weights that were learnt on several folds.

    Attributes:
        curve: that which serves.
        measured: that to measure on the latest fold: learnt without it, if there are several. (Of
            the latest fold it knows one thing: how far to shrink, which the other folds found for
            weights that were learnt with it.)
        moved: for each fold, the latest first, the share of all weight that goes from some members
            to others where that fold is left out, on average over people; empty where there is one
            fold alone.
    """

    curve: WeightCurve
    measured: WeightCurve
    moved: tuple[float, ...] = ()


def learn_weights(
    names: Sequence[str],
    folds: Sequence[Sequence[ScoredCases]],
    progress: Progress = no_progress,
) -> LearnedWeights:
    """Weights learnt on all folds, over the members alone that they give weight.

    How far they are moved towards the best member is found by learning without each fold in turn
    (see `shrinkage_shares`).

    Args:
        names: the members.
        folds: the scored cases of each fold, the latest first.
        progress: what to report to.
    """
    everything = [one for fold in folds for one in fold]
    if len(folds) == 1:
        curve = weighted_members(fit_weights(names, everything), everything)
        return LearnedWeights(curve, curve)
    raw = []
    for place in range(len(folds)):
        raw.append(fit_raw_weights(names, _without(folds, place)))
        progress(place + 1, len(folds) + 1)
    of_all = fit_raw_weights(names, everything)
    served = of_all.shrunk(shrinkage_shares(raw, folds))
    measured = raw[0].shrunk(shrinkage_shares(raw[1:], folds[1:]))
    older = [one for fold in folds[1:] for one in fold]
    return LearnedWeights(
        weighted_members(apply_guarantee(served, everything), everything),
        weighted_members(apply_guarantee(measured, older), older),
        tuple(moved_weight(of_all.curve, one.curve, everything) for one in raw),
    )


def moved_weight(curve: WeightCurve, other: WeightCurve, cases: Sequence[ScoredCases]) -> float:
    """The share of all weight that two curves of the same members give to different ones.

    On average over the people.
    """
    lengths = np.concatenate([one.lengths for one in cases])
    return float(np.abs(curve.at(lengths) - other.at(lengths)).sum(axis=1).mean() / 2)


def _without(folds: Sequence[Sequence[ScoredCases]], left_out: int) -> list[ScoredCases]:
    """The scored cases of all folds but one."""
    return [one for place, fold in enumerate(folds) if place != left_out for one in fold]


def weighted_members(curve: WeightCurve, cases: Sequence[ScoredCases]) -> WeightCurve:
    """The curve over those members alone that have any, so that serving pays only for them.

    Without the others' candidates scores are on other scales: the guarantee is applied again, for
    the blend that serves.
    """
    kept = [row for row, most in enumerate(curve.weights.max(axis=0)) if most > NO_WEIGHT]
    if not kept or len(kept) == len(curve.members):
        return curve
    parts = [keep_members(one, kept) for one in cases]
    return apply_guarantee(curve.only([curve.members[row] for row in kept]), parts)


def mean_weights(curve: WeightCurve, cases: Sequence[ScoredCases]) -> list[float]:
    """The mean weight of each member over people; 0 where it is next to nothing at any length."""
    rows = [curve.at(one.lengths) for one in cases] or [curve.weights]
    mean = np.concatenate(rows).mean(axis=0)
    return [float(own) for own in mean * (curve.weights.max(axis=0) > NO_WEIGHT)]
