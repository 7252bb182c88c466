"""Unseen cases: scored cases, and weights that were not learnt from them, to judge choices by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend.curve import WeightCurve
from tastemaker.blend.guarantee import NDCG_CUTOFF
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.data import Float64Array


@dataclass(frozen=True)
class UnseenCases:
    """Some people whose next choices are known, and weights that have not seen them.

    Attributes:
        curve: the weights, over the members that scored the cases, in their order.
        cases: the people in groups, first those with whole histories, then those with truncated
            ones.
    """

    curve: WeightCurve
    cases: tuple[ScoredCases, ...]

    @property
    def parts(self) -> tuple[tuple[ScoredCases, ...], ...]:
        """The people with whole histories, and those with truncated ones; empty parts are left out.

        Each counts alike: a choice that is good for the one must not be bad for the other.
        """
        return tuple(part for part in (self.cases[:1], self.cases[1:]) if any(map(len, part)))

    def mean_ndcg(self, rows: Sequence[int]) -> list[float]:
        """The mean NDCG of each part with some of the members alone, and the same candidates.

        People to whom none of them tells any candidates apart count as misses.
        """
        curve = self.curve.only([self.curve.members[row] for row in rows])
        figures: list[float] = []
        for part in self.parts:
            own = [_ndcg(cases, curve, rows) for cases in part if len(cases)]
            figures.append(float(np.concatenate(own).mean()))
        return figures


def _ndcg(cases: ScoredCases, curve: WeightCurve, rows: Sequence[int]) -> Float64Array:
    weights = np.zeros((len(cases), cases.n_members))
    weights[:, list(rows)] = curve.at(cases.lengths)
    informative = cases.calibrated.informative[list(rows)].any(axis=0)
    return np.asarray(cases.blend_ndcg(weights, curve.carry, NDCG_CUTOFF) * informative)


def mean_ndcg(unseen: Sequence[UnseenCases], rows: Sequence[int] | None = None) -> Float64Array:
    """(n_parts,) the blend's mean NDCG in each part of each.

    Args:
        unseen: of the same members.
        rows: the places of the members that the blend is made of; all where not given.
    """
    chosen = [range(len(one.curve.members)) if rows is None else rows for one in unseen]
    pairs = zip(unseen, chosen, strict=True)
    return np.array([figure for group, own in pairs for figure in group.mean_ndcg(own)])


def relative(figures: Float64Array, to: Float64Array) -> Float64Array:
    """(n_parts,) figures as shares of others; 1 where the other is 0."""
    return np.divide(figures, to, out=np.ones_like(figures), where=to > 0)
