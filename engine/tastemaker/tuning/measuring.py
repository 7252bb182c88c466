"""How good a recommender with some settings is on a fold: its NDCG, ranking alone."""

from __future__ import annotations

import numpy as np

from tastemaker.blend import blend_scores, uniform_weights
from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.measuring import measure
from tastemaker.holdout.tuning_folds import TuningFold
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.recommender import Recommender

TUNING_CUTOFF = 10


def fold_ndcg(recommender: Recommender, fold: TuningFold) -> tuple[float | None, str]:
    """NDCG at 10 of a fitted recommender, the mean over the people of a fold.

    Returns:
        The mean, or None and the problem where it fails to score.
    """
    guarded = GuardedRecommender(recommender, fold.data.n_items)
    curve = uniform_weights([guarded.name])
    problems: list[str] = []

    def rank(people: People, excluded: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
        scores, problem = guarded.score(people)
        if scores is None:
            problems.append(problem)
            scores = np.zeros((len(people), people.n_items), dtype=np.float32)
        best = blend_scores([scores], excluded, curve, people.histories.lengths, k)
        return best.items, best.valid

    figures = measure(fold.cases, rank, (TUNING_CUTOFF,))
    if problems:
        return None, problems[-1]
    return float(figures[f"ndcg@{TUNING_CUTOFF}"].mean()), ""
