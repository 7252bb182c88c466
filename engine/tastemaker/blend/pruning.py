"""Pruning: leaving out members that the blend hardly misses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tastemaker.blend.unseen_cases import UnseenCases, mean_ndcg, relative
from tastemaker.data import Float64Array

PRUNING_LOSS = 0.001
"""The share of the blend's NDCG that leaving members out may cost, on average over the parts of all
cases. On a later fold of 145 people, which nothing had been chosen on, blends pruned at 0.001,
0.002 and 0.003 had nine, seven and six of 22 members; 99.9, 100.2 and 99.6 % of the unpruned
blend's NDCG@10 for whole histories, and 99.8, 98.6 and 98.4 % for truncated ones."""

ONE_PART = 2.0
"""A single part may lose so many times as much: of fewer people it tells less. Chosen, not
measured."""


def prune_members(
    unseen: Sequence[UnseenCases],
    costs: Sequence[float],
    protected: Collection[int],
    tolerance: float = PRUNING_LOSS,
) -> list[int]:
    """The places of the members that stay, ascending.

    Backward elimination: that member goes whose loss is the least for what it costs, as long as not
    more than `tolerance` is lost in all. Those that stay carry its weight; the candidates stay the
    same.

    Args:
        unseen: cases, and weights that were not learnt from them.
        costs: what having each member costs, above 0, in any unit.
        protected: the places of members that must stay.
        tolerance: the share of the blend's NDCG that may be lost.
    """
    everything, kept = mean_ndcg(unseen), list(range(len(costs)))
    while len(kept) > 1:
        losses = {
            row: _loss(unseen, [other for other in kept if other != row], everything)
            for row in kept
            if row not in protected
        }
        fitting = [row for row, loss in losses.items() if loss <= tolerance]
        if not fitting:
            break
        kept.remove(min(fitting, key=lambda row: (max(losses[row], 0) / costs[row], -costs[row])))
    return kept


def lost_share(fewer: Sequence[UnseenCases], everybody: Sequence[UnseenCases]) -> float:
    """The share of NDCG that is lost with fewer members whose weights were learnt without the rest.

    On average over the parts of all cases, or more where one part loses much.

    Args:
        fewer: cases with the members that stay.
        everybody: the same cases with all of them.
    """
    return _share(mean_ndcg(fewer), mean_ndcg(everybody))


def _loss(unseen: Sequence[UnseenCases], rows: Sequence[int], everything: Float64Array) -> float:
    """The share that is lost with these members alone."""
    return _share(mean_ndcg(unseen, rows), everything)


def _share(figures: Float64Array, everything: Float64Array) -> float:
    """The share that is lost: on average, or more where one part loses much."""
    losses = 1 - relative(figures, everything)
    return float(max(losses.mean(), losses.max() / ONE_PART))
