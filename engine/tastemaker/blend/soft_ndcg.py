"""A smooth stand-in for NDCG: how it changes with the weights can be told exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker.blend.candidates import MASKED
from tastemaker.blend.top_candidates import TopCandidates
from tastemaker.data import Float32Array, Int64Array

FURTHEST = np.float32(30.0)
"""Numbers of items ahead are kept within e to the power of plus and minus this: float32 can hold
them and their squares."""


@dataclass(frozen=True)
class SoftNdcg:
    """How well weights rank some people's top candidates, without steps.

    NDCG counts the items ahead of a relevant one. Here each item that is not relevant counts as
    exp(its total - the relevant one's): more than 1 if it is ahead, 1 at a tie, next to nothing far
    behind. So larger weights, as well as better ones, make for a higher figure. Of `ahead` items a
    relevant one gains 1 / log2(2 + ahead), what the discount of DCG would be in that place.

    Bruch, S. et al.: An Analysis of the Softmax Cost Function for Learning to Rank. ICTIR 2019.
    Qin, T. et al.: A general approximation framework for direct optimization of information
    retrieval measures. Information Retrieval 13, 2010.

    Attributes:
        top: the people.
    """

    top: TopCandidates

    def __call__(self, weights: Float32Array) -> tuple[Float32Array, Float32Array]:
        """(n,) the figures with the weights (n, n_members), and (n, n_members) their gradients."""
        top, rows = self.top, self._relevant[0]
        totals = np.matmul(weights[:, np.newaxis], top.values)[:, 0]
        others = totals + self._without_relevant
        highest = others.max(axis=1, initial=MASKED)
        shares = np.exp(others - highest[:, np.newaxis])
        sums = shares.sum(axis=1)
        log_ahead = (highest + np.log(sums))[rows] - totals[self._relevant]
        ahead = np.exp(np.clip(log_ahead, -FURTHEST, FURTHEST))
        gains = 1 / np.log2(2 + ahead)
        # the derivative of a gain by the relevant item's total; that by the others' is spread over
        # them as they share in what is ahead
        pulls = ahead / (2 + ahead) * gains**2 / np.float32(np.log(2)) * top.unit[rows]
        slopes = shares * (-_sum_rows(pulls, rows, len(top)) / sums)[:, np.newaxis]
        slopes[self._relevant] = pulls
        gradients = np.matmul(top.values, slopes[:, :, np.newaxis])[:, :, 0]
        return _sum_rows(gains, rows, len(top)) * top.unit, gradients

    @cached_property
    def _relevant(self) -> tuple[Int64Array, Int64Array]:
        """The rows and columns of the relevant candidates."""
        rows, columns = np.nonzero(self.top.relevant)
        return rows, columns

    @cached_property
    def _without_relevant(self) -> Float32Array:
        """(n, width) what is added to totals so that only the others count."""
        out = self.top.relevant | ~self.top.valid
        return np.where(out, MASKED, np.float32(0))


def _sum_rows(values: Float32Array, rows: Int64Array, n: int) -> Float32Array:
    return np.bincount(rows, values, minlength=n).astype(np.float32)
