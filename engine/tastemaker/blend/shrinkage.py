"""Caution: weights count only as far as they proved themselves on people they had not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend.learning import CUTOFF, RawWeights, nearness, scales_of
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.data import Float64Array

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far weights may be moved towards the best member alone."""


def shrinkage_shares(
    drafts: Sequence[RawWeights], unseen: Sequence[Sequence[ScoredCases]]
) -> Float64Array:
    """(n_knots,) how far to move the weights of each knot towards the member that is best there.

    Weights always look good on what they were learnt from. Where one member is nearly as good as
    any blend, learning finds differences that are chance, and the blend would be a little worse
    than that member alone; where the past changes, it might be much worse. So each draft is tried
    on a cut that it was not learnt from, moved by several shares, and at each knot the share wins
    that ranks people best whose histories are about as long.

    Args:
        drafts: of the same members and knots.
        unseen: for each draft, the trials of the cut that it was not learnt from.
    """
    tried = [
        (drafted, trial)
        for drafted, trials in zip(drafts, unseen, strict=True)
        for trial in trials
        if len(trial)
    ]
    scales = scales_of([trial.alone(CUTOFF) for _, trial in tried])
    merits = np.sum([_merits(*pair, scale) for pair, scale in zip(tried, scales, strict=True)], 0)
    return np.asarray(np.take(SHARES, merits.argmax(axis=0)), dtype=np.float64)


def _merits(drafted: RawWeights, trial: ScoredCases, scale: float) -> Float64Array:
    """(n_shares, n_knots) how well the draft, moved by each share, ranks the people near a knot."""
    near = nearness(trial, scale, drafted.curve.knots)
    rows = []
    for share in SHARES:
        curve = drafted.moved(np.full(len(near), share))
        rows.append(near @ trial.quality(curve.at(trial.lengths), curve.carry, CUTOFF))
    return np.array(rows)
