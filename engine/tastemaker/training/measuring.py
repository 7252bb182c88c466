"""How the members and the blend measure on a fold of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend import ScoredCases, WeightCurve
from tastemaker.blend.member_subset import keep_scores
from tastemaker.data import BoolArray, Float32Array
from tastemaker.metrics.accuracy import measures

FOLD_CUTOFFS = (10, 20)
"""How long the lists are that members and blend are measured on."""


def member_measures(names: Sequence[str], cases: ScoredCases) -> dict[str, dict[str, float]]:
    """Held-out measures of each member alone, by name.

    For people to whom a member gives all candidates the same score, or none, its list counts as
    misses.

    Args:
        names: the members.
        cases: full histories, with every member's candidates.
    """
    calibrated, valid = cases.calibrated, cases.candidates.valid
    return {
        name: _mean_measures(cases, np.where(valid, own, np.float32(-np.inf)), informative)
        for name, own, informative in zip(
            names, calibrated.values, calibrated.informative, strict=True
        )
    }


def blend_measures(
    names: Sequence[str], cases: ScoredCases, curve: WeightCurve
) -> dict[str, float]:
    """Held-out measures of the blend.

    Args:
        names: the members that scored the cases.
        cases: full histories, with the candidates that the blend ranks.
        curve: the blend's weights, over some of the members.
    """
    part = keep_scores(cases, [names.index(name) for name in curve.members])
    informative = np.asarray(part.calibrated.informative.any(axis=0))
    totals = part.totals_by(curve)
    return _mean_measures(part, totals, informative)


def _mean_measures(
    cases: ScoredCases, totals: Float32Array, informative: BoolArray
) -> dict[str, float]:
    hits = cases.hits(totals, max(FOLD_CUTOFFS)) & informative[:, np.newaxis]
    figures = measures(hits, cases.n_relevant, FOLD_CUTOFFS)
    return {name: round(float(own.mean()), 4) for name, own in figures.items()}
