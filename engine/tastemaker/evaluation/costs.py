"""What serving as it is set up costs in quality, a sentence each."""

from __future__ import annotations

import numpy as np

from tastemaker.evaluation.ranked_lists import RankedLists, recommend_to
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.metrics.accuracy import ndcg
from tastemaker.serving.state import ServingState


def cost_of_exploring(
    split: EvaluationSplit, blend: ServingState, cases: HeldOutCases, without: RankedLists, k: int
) -> list[str]:
    """A sentence about what letting new items in costs; none where nothing is let in."""
    if blend.ranker.exploration.share <= 0:
        return []
    seeds = np.arange(len(cases), dtype=np.uint64)
    lists = recommend_to(blend, cases, split.candidates, k, seeds)
    new = np.setdiff1d(lists.items[lists.items >= 0], without.items[:, :k])
    quality = float(ndcg(lists.hits, lists.n_relevant, k).mean())
    return [
        f"Exploration ({blend.ranker.exploration.share:.0%} of the places after the third) is left "
        f"out of these figures. With it the blend has an NDCG@{k} of {quality:.4f}, "
        f"and {len(new):,} more items are shown to somebody."
    ]


def cost_of_retrieving(
    split: EvaluationSplit, blend: ServingState, cases: HeldOutCases, lists: RankedLists, k: int
) -> str:
    """A sentence about how lists of candidates compare with those of a scan of every item.

    Args:
        split: which items may be shown.
        blend: what recommends.
        cases: to whom.
        lists: what it recommended to them in two stages.
        k: how long the compared lists are.
    """
    exact = recommend_to(blend, cases, split.candidates, k, exact=True)
    top, scan = lists.items[:, :k], exact.items
    shared = (top[:, :, np.newaxis] == scan[:, np.newaxis]) & (top >= 0)[:, :, np.newaxis]
    overlap = float(shared.sum()) / max(1, int((scan >= 0).sum()))
    quality, others = (float(ndcg(one.hits, one.n_relevant, k).mean()) for one in (lists, exact))
    return (
        f"Ranking every item instead of candidates (exact) gives an NDCG@{k} of {others:.4f} "
        f"instead of {quality:.4f}, and {overlap:.1%} of the same recommendations."
    )
