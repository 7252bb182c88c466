"""The contest for the first places: the candidates that could have one, whoever decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tastemaker.blend.candidates import MASKED
from tastemaker.blend.combination import foremost
from tastemaker.data import BoolArray, Float32Array, Int64Array
from tastemaker.metrics.accuracy import discounts

T = TypeVar("T", bound=np.generic)

CUTOFFS = (10, 100)
"""What is maximised is the mean NDCG at these; the second one steadies the first."""

CHANCE = np.float32(1e-3)
"""How far chance decides: no further than where the members chosen so far have nothing to say."""


@dataclass(frozen=True)
class TopCandidates:
    """What each member says of each person's candidates that could come first.

    Attributes:
        values: (n_members, n, width) float32 on one scale.
        open: (n, width) which places hold a candidate.
        relevant: (n, width) which of them the person went on to choose.
        ideal: (n, n_cutoffs) float32 the DCG of the best ranking there could be, at each cutoff.
    """

    values: Float32Array
    open: BoolArray
    relevant: BoolArray
    ideal: Float32Array

    def __len__(self) -> int:
        return len(self.open)

    def start(self) -> Float32Array:
        """(n, width) the totals before anybody has said anything.

        Chance decides among equals: else relevant candidates would come first, or those of a low
        index.
        """
        totals = np.random.default_rng(0).random(self.open.shape, dtype=np.float32) * CHANCE
        np.copyto(totals, MASKED, where=~self.open)
        return totals

    def worth(self, totals: Float32Array) -> float:
        """The mean NDCG at the cutoffs of a ranking by totals (n, width).

        Relevance rides in the last bit of what is sorted, where it decides nothing: sorting numbers
        is several times as fast as sorting places.
        """
        keys = (-totals).view(np.int32)
        keys &= ~1
        keys |= ~self.relevant
        ranked = _least(keys.view(np.float32), max(CUTOFFS))
        hits = (ranked.view(np.int32) & 1) == 0
        gains = hits.astype(np.float32) @ _discounts(hits.shape[1])
        return float(np.mean(gains / self.ideal, dtype=np.float64))


def top_candidates(
    values: Float32Array, valid: BoolArray, relevant: BoolArray, n_relevant: Int64Array
) -> TopCandidates:
    """The contest of some people: a member has a candidate among as many as count.

    Args:
        values: (n_members, n, width) what each member says of each candidate, on one scale.
        valid: (n, width) which places hold a candidate.
        relevant: (n, width) which of them the person went on to choose.
        n_relevant: (n,) how many items the person went on to choose, candidates or not.
    """
    first = np.zeros(valid.shape, dtype=np.bool_)
    for own in values:
        first |= foremost(np.where(valid, own, np.float32(-np.inf)), max(CUTOFFS))
    first &= valid
    width = int(np.count_nonzero(first, axis=1).max(initial=0))
    order = np.argsort(~first, axis=1, kind="stable")[:, :width]
    # as flat places: gathering is faster than by rows and columns
    places = np.arange(len(valid))[:, None] * valid.shape[1] + order
    values = values.reshape(len(values), -1).take(places, axis=1)
    # who has fewer such candidates than others keeps some that are not: they change nothing
    return TopCandidates(values, valid.take(places), relevant.take(places), _ideal(n_relevant))


def drawn(contests: Sequence[TopCandidates], rows: Int64Array) -> TopCandidates:
    """The contest of people of several ones, by their places in all of them in order; ascending."""
    starts = np.cumsum([0, *(len(one) for one in contests)])
    bounds = np.searchsorted(rows, starts)
    parts = [
        (one, rows[first:last] - start)
        for one, start, first, last in zip(contests, starts, bounds, bounds[1:], strict=False)
        if first < last
    ]
    width = max(one.open.shape[1] for one, _ in parts)
    return TopCandidates(
        np.concatenate([_padded(one.values[:, own], width) for one, own in parts], axis=1),
        np.concatenate([_padded(one.open[own], width) for one, own in parts]),
        np.concatenate([_padded(one.relevant[own], width) for one, own in parts]),
        np.concatenate([one.ideal[own] for one, own in parts]),
    )


def _padded(array: npt.NDArray[T], width: int) -> npt.NDArray[T]:
    missing = [(0, 0)] * (array.ndim - 1) + [(0, width - array.shape[-1])]
    return np.pad(array, missing)


def _discounts(depth: int) -> Float32Array:
    """(depth, n_cutoffs) what a hit in each place is worth to each cutoff."""
    table = np.zeros((max(CUTOFFS), len(CUTOFFS)), dtype=np.float32)
    for column, k in enumerate(CUTOFFS):
        table[:k, column] = discounts(k)
    return table[:depth]


def _ideal(n_relevant: Int64Array) -> Float32Array:
    sums = np.concatenate(([np.inf], np.cumsum(discounts(max(CUTOFFS))))).astype(np.float32)
    return np.stack([sums[np.clip(n_relevant, 0, k)] for k in CUTOFFS], axis=1)


def _least(keys: Float32Array, count: int) -> Float32Array:
    """(n, count) the least of each row, ascending; parting first is twice as fast as sorting all.

    Overwrites what it is given.
    """
    if count < keys.shape[1]:
        keys.partition(count, axis=1)
    return np.sort(keys[:, :count], axis=1)
