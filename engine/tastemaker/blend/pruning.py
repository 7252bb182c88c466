"""Pruning: leaving out members that the blend hardly misses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tastemaker.blend.trial import Trial, mean_ndcg, relative
from tastemaker.data import Float64Array

PRUNING_LOSS = 0.003
"""The share of the blend's NDCG that leaving members out may cost, on average over the parts of all
trials. Chosen, not measured."""

ONE_PART = 3.0
"""A single part may lose so many times as much: of fewer people it tells less. Chosen, not
measured."""


def prune_members(
    trials: Sequence[Trial],
    costs: Sequence[float],
    protected: Collection[int],
    tolerance: float = PRUNING_LOSS,
) -> list[int]:
    """The places of the members that stay, ascending.

    Backward elimination: that member goes whose loss is the least for what it costs, as long as not
    more than `tolerance` is lost in all. Those that stay carry its weight; the candidates stay the
    same.

    Args:
        trials: cases, and weights that were not learnt from them.
        costs: what having each member costs, above 0, in any unit.
        protected: the places of members that must stay.
        tolerance: the share of the blend's NDCG that may be lost.
    """
    everything, kept = mean_ndcg(trials), list(range(len(costs)))
    while len(kept) > 1:
        losses = {
            row: _loss(trials, [other for other in kept if other != row], everything)
            for row in kept
            if row not in protected
        }
        fitting = [row for row, loss in losses.items() if loss <= tolerance]
        if not fitting:
            break
        kept.remove(min(fitting, key=lambda row: (max(losses[row], 0) / costs[row], -costs[row])))
    return kept


def _loss(trials: Sequence[Trial], rows: Sequence[int], everything: Float64Array) -> float:
    """The share that is lost with these members alone: on average, or more where one part does."""
    losses = 1 - relative(mean_ndcg(trials, rows), everything)
    return float(max(losses.mean(), losses.max() / ONE_PART))
