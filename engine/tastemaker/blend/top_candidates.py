"""The candidates that could have one of the first places, whatever the weights of the members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend.candidates import MASKED
from tastemaker.blend.ragged import stack_rows
from tastemaker.data import BoolArray, Float32Array, Int64Array
from tastemaker.data.top_k import top_k_mask
from tastemaker.metrics.accuracy import discounts

OBJECTIVE_CUTOFFS = (10, 100)
"""What is maximised is the mean NDCG at these; the second one steadies the first.
Chosen together with `greedy.SAMPLE_SIZE`; its own gain was not noted."""

TIE_NOISE = np.float32(1e-3)
"""The largest random total to begin with: far below any score, so that it orders only the items
that the members added so far score alike. Chosen, not measured."""


@dataclass(frozen=True)
class TopCandidates:
    """Every member's scores of each person's candidates that could come first.

    Attributes:
        values: (n_members, n, width) float32 on one scale.
        valid: (n, width) which places hold a candidate.
        relevant: (n, width) which of them the person went on to choose.
        ideal: (n, n_cutoffs) float32 the DCG of the best ranking there could be, at each cutoff.
    """

    values: Float32Array
    valid: BoolArray
    relevant: BoolArray
    ideal: Float32Array

    def __len__(self) -> int:
        return len(self.valid)

    def initial_totals(self) -> Float32Array:
        """(n, width) the totals before any member is added.

        They are random, to order ties: else relevant candidates would come first, or those of a low
        index.
        """
        totals = np.random.default_rng(0).random(self.valid.shape, dtype=np.float32) * TIE_NOISE
        np.copyto(totals, MASKED, where=~self.valid)
        return totals

    def mean_ndcg(self, totals: Float32Array) -> float:
        """The mean NDCG, over people and cutoffs, of a ranking by totals (n, width).

        Relevance rides in the last bit of what is sorted, where it decides nothing: sorting numbers
        is several times as fast as sorting places.
        """
        keys = (-totals).view(np.int32)
        keys &= ~1
        keys |= ~self.relevant
        ranked = _smallest(keys.view(np.float32), max(OBJECTIVE_CUTOFFS))
        hits = (ranked.view(np.int32) & 1) == 0
        gains = hits.astype(np.float32) @ _discounts(hits.shape[1])
        return float(np.mean(gains / self.ideal, dtype=np.float64))


def select_top_candidates(
    values: Float32Array, valid: BoolArray, relevant: BoolArray, n_relevant: Int64Array
) -> TopCandidates:
    """The candidates that some member ranks among the first, as many as the cutoffs count.

    Args:
        values: (n_members, n, width) each member's scores of each candidate, on one scale.
        valid: (n, width) which places hold a candidate.
        relevant: (n, width) which of them the person went on to choose.
        n_relevant: (n,) how many items the person went on to choose, candidates or not.
    """
    first = np.zeros(valid.shape, dtype=np.bool_)
    for own in values:
        first |= top_k_mask(np.where(valid, own, np.float32(-np.inf)), max(OBJECTIVE_CUTOFFS))
    first &= valid
    width = int(np.count_nonzero(first, axis=1).max(initial=0))
    order = np.argsort(~first, axis=1, kind="stable")[:, :width]
    # as flat places: gathering is faster than by rows and columns
    places = np.arange(len(valid))[:, None] * valid.shape[1] + order
    values = values.reshape(len(values), -1).take(places, axis=1)
    # who has fewer such candidates than others keeps some that are not: they change nothing
    return TopCandidates(values, valid.take(places), relevant.take(places), _ideal(n_relevant))


def take_people(groups: Sequence[TopCandidates], rows: Int64Array) -> TopCandidates:
    """Some people of several groups.

    Args:
        groups: whom to take from.
        rows: (n,) int64 ascending places among the people of all groups, one after the other; who
            stands there twice is taken twice.
    """
    starts = np.cumsum([0, *(len(group) for group in groups)])
    bounds = np.searchsorted(rows, starts)
    parts = [
        (group, rows[first:last] - start)
        for group, start, first, last in zip(groups, starts, bounds, bounds[1:], strict=False)
        if first < last
    ]
    return TopCandidates(
        stack_rows([group.values[:, own] for group, own in parts]),
        stack_rows([group.valid[own] for group, own in parts]),
        stack_rows([group.relevant[own] for group, own in parts]),
        np.concatenate([group.ideal[own] for group, own in parts]),
    )


def _discounts(depth: int) -> Float32Array:
    """(depth, n_cutoffs) what a hit in each place is worth to each cutoff."""
    table = np.zeros((max(OBJECTIVE_CUTOFFS), len(OBJECTIVE_CUTOFFS)), dtype=np.float32)
    for column, k in enumerate(OBJECTIVE_CUTOFFS):
        table[:k, column] = discounts(k)
    return table[:depth]


def _ideal(n_relevant: Int64Array) -> Float32Array:
    sums = np.concatenate(([np.inf], np.cumsum(discounts(max(OBJECTIVE_CUTOFFS))))).astype(
        np.float32
    )
    return np.stack([sums[np.clip(n_relevant, 0, k)] for k in OBJECTIVE_CUTOFFS], axis=1)


def _smallest(keys: Float32Array, count: int) -> Float32Array:
    """(n, count) the smallest of each row, ascending. Overwrites what it is given.

    Partitioning first is twice as fast as sorting all.
    """
    if count < keys.shape[1]:
        keys.partition(count, axis=1)
    return np.sort(keys[:, :count], axis=1)
