"""The top candidates: those that weights are learnt on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.blend.calibration import Calibrated
from tastemaker.data import BoolArray, Float32Array, Int64Array
from tastemaker.data.top_k import top_k_mask
from tastemaker.metrics.accuracy import discounts

TOP_RANKS = 10
"""A candidate counts as soon as one member ranks it this high. On rolling folds of two data sets 10
was as good as 20 and better than 30 or all: what no member puts far up decides about places that
nobody sees. It is also the least work."""

OBJECTIVE_CUTOFFS = (10, 100)
"""Gains count relative to the best DCG at each of these. Chosen, not measured."""


@dataclass(frozen=True)
class TopCandidates:
    """Every member's scores of each person's top candidates.

    Only people who chose some of them are here: from the others there is nothing to learn.

    Attributes:
        people: (n,) int64 the places of these people among the cases.
        values: (n, n_members, width) float32 on one scale.
        valid: (n, width) which places hold a candidate.
        relevant: (n, width) which of them the person went on to choose.
        unit: (n,) float32 one over the DCG of the best ranking there could be, the mean over the
            cutoffs.
    """

    people: Int64Array
    values: Float32Array
    valid: BoolArray
    relevant: BoolArray
    unit: Float32Array

    def __len__(self) -> int:
        return len(self.people)


def select_top_candidates(
    calibrated: Calibrated, valid: BoolArray, relevant: BoolArray, n_relevant: Int64Array
) -> TopCandidates:
    """The candidates that some member ranks among its first.

    Args:
        calibrated: each member's scores of each candidate, on one scale.
        valid: (n, width) which places hold a candidate.
        relevant: (n, width) which of them the person went on to choose.
        n_relevant: (n,) how many items the person went on to choose, candidates or not.
    """
    first = np.zeros(valid.shape, dtype=np.bool_)
    for own in calibrated.values:
        first |= top_k_mask(np.where(valid, own, np.float32(-np.inf)), TOP_RANKS)
    first &= valid
    people = np.flatnonzero((first & relevant).any(axis=1))
    first = first[people]
    counts = np.count_nonzero(first, axis=1)
    # the top candidates to the front, in the order they stand in
    order = np.argsort(~first, axis=1, kind="stable")[:, : counts.max(initial=0)]
    kept = np.arange(order.shape[1]) < counts[:, np.newaxis]
    chosen = np.take_along_axis(relevant[people], order, axis=1) & kept
    return TopCandidates(
        people,
        calibrated.values[:, people[:, np.newaxis], order].transpose(1, 0, 2).copy(),
        kept,
        chosen,
        _unit(n_relevant[people]),
    )


def _unit(n_relevant: Int64Array) -> Float32Array:
    best = np.cumsum(discounts(max(OBJECTIVE_CUTOFFS)))
    ideal = [best[np.minimum(n_relevant, k) - 1] for k in OBJECTIVE_CUTOFFS]
    unit: Float32Array = np.mean(1 / np.array(ideal), axis=0).astype(np.float32)
    return unit
