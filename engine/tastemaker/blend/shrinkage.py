"""Shrinkage: weights count only as far as they prove themselves on a fold not learnt from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend.guarantee import NDCG_CUTOFF
from tastemaker.blend.learning import RawWeights, kernel_weights, quality_scales
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.data import Float64Array

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far weights may be moved towards the best member alone. Chosen, not measured."""


def shrinkage_shares(
    raw_weights: Sequence[RawWeights], unseen: Sequence[Sequence[ScoredCases]]
) -> Float64Array:
    """(n_knots,) how far to move the weights of each knot towards the member that is best there.

    Weights always look good on what they were learnt from. Where one member is nearly as good as
    any blend, learning finds differences that are chance, and the blend would be a little worse
    than that member alone; where the past changes, it might be much worse. So all weights are tried
    on a fold that they were not learnt from, moved by several shares, and at each knot the share
    wins that ranks people best whose histories are about as long.

    Found necessary on ratings of lecturers by students, held out at random, where the blend without
    it was a little but clearly worse than its best member.

    Args:
        raw_weights: of the same members and knots.
        unseen: for each of them, the scored cases of the fold that it was not learnt from.
    """
    tried = [
        (raw, cases)
        for raw, scored in zip(raw_weights, unseen, strict=True)
        for cases in scored
        if len(cases)
    ]
    scales = quality_scales([cases.member_ndcg(NDCG_CUTOFF) for _, cases in tried])
    merits = np.sum([_merits(*pair, scale) for pair, scale in zip(tried, scales, strict=True)], 0)
    return np.asarray(np.take(SHARES, merits.argmax(axis=0)), dtype=np.float64)


def _merits(raw: RawWeights, cases: ScoredCases, scale: float) -> Float64Array:
    """(n_shares, n_knots) how well the weights, moved by each share, rank people near a knot."""
    kernel = kernel_weights(cases, scale, raw.curve.knots)
    rows = []
    for share in SHARES:
        curve = raw.shrunk(np.full(len(kernel), share))
        rows.append(kernel @ cases.blend_ndcg(curve.at(cases.lengths), curve.carry, NDCG_CUTOFF))
    return np.array(rows)
