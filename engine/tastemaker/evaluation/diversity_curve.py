"""What diversity costs: how alike the items of lists are, and how good lists are, by strength."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend import Blended
from tastemaker.data import BoolArray, Float64Array
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits
from tastemaker.metrics.accuracy import ndcg
from tastemaker.metrics.beyond_accuracy import Past, diversity
from tastemaker.reranking import Diversity
from tastemaker.serving.recommending import ineligible_items, part_size
from tastemaker.serving.reranking import RERANKED
from tastemaker.serving.seen import excluded_items
from tastemaker.serving.state import ServingState

STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)
"""The strengths that are measured."""


@dataclass(frozen=True)
class DiversityPoint:
    """How lists measured that were re-ranked with one strength of diversity.

    Attributes:
        strength: of `Diversity`; 0 leaves the order as it is.
        ndcg: the mean NDCG over people.
        likeness: the mean likeness of two items of a list, by who chose them in the training data;
            NaN where no list has two items.
    """

    strength: float
    ndcg: float
    likeness: float


def diversity_curve(
    serving: ServingState,
    cases: HeldOutCases,
    candidates: BoolArray,
    past: Past,
    k: int,
    strengths: Sequence[float] = STRENGTHS,
) -> tuple[DiversityPoint, ...]:
    """How good and how much alike the first `k` items are, for each strength of diversity.

    Likeness is the cosine of who chose two items (see `diversity`); re-ranking goes by vectors of a
    member and by attributes instead, and never sees what is measured.

    Args:
        serving: what recommends.
        cases: to whom.
        candidates: (n_items,) the items that may be shown.
        past: what was known of the items.
        k: how long lists are.
        strengths: of diversity.
    """
    excluded = ineligible_items(serving.catalogue) | ~candidates
    figures: list[list[Float64Array]] = [[] for _ in strengths]
    step = part_size(serving, exact=True)
    for first in range(0, len(cases), step):
        part = cases.select(np.arange(first, min(first + step, len(cases))))
        past_items = excluded_items(part.people, serving.kinds, excluded, "exclude")
        hidden = past_items | part.seen.toarray()
        ranked = serving.ranker.rank(part.people, hidden, RERANKED).best
        for own, strength in zip(figures, strengths, strict=True):
            reranking = serving.reranking.along_with([Diversity(strength)])
            best = reranking.apply(ranked, part.people, k).best
            own.append(_measured(best, part, hidden, past, k))
    return tuple(
        _point(strength, np.concatenate(own, axis=1) if own else np.zeros((2, 0)))
        for strength, own in zip(strengths, figures, strict=True)
    )


def _measured(
    best: Blended, cases: HeldOutCases, hidden: BoolArray, past: Past, k: int
) -> Float64Array:
    """(2, n) each person's NDCG, and the likeness within the list."""
    hits, n_relevant = find_hits(cases, best.items, best.valid, hidden)
    likeness = 1 - diversity(np.where(best.valid, best.items, -1), past)
    return np.stack((ndcg(hits, n_relevant, k), likeness))


def _point(strength: float, figures: Float64Array) -> DiversityPoint:
    known = figures[1][~np.isnan(figures[1])]
    quality = float(figures[0].mean()) if figures.shape[1] else float("nan")
    return DiversityPoint(strength, quality, float(known.mean()) if len(known) else float("nan"))
