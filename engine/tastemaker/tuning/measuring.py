"""What settings are worth on a fold: NDCG of the fitted recommender alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.blend import blend_scores, uniform_weights
from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.measuring import measure
from tastemaker.holdout.tuning_folds import TuningFold
from tastemaker.plugin.guard import GuardedRecommender
from tastemaker.recommender import Recommender

CUTOFF = 10


@dataclass(frozen=True)
class Failed:
    """Why a recommender has no figure."""

    problem: str


def figure(recommender: Recommender, fold: TuningFold) -> float | Failed:
    """NDCG at 10 of a fitted recommender alone, the mean over the people of a cut."""
    ranking = _Alone(GuardedRecommender(recommender, fold.data.n_items))
    figures = measure(fold.cases, ranking, (CUTOFF,))
    if ranking.problem:
        return Failed(ranking.problem)
    return float(figures[f"ndcg@{CUTOFF}"].mean())


class _Alone:
    """A recommender that ranks by itself."""

    def __init__(self, guarded: GuardedRecommender) -> None:
        self._guarded = guarded
        self._curve = uniform_weights([guarded.name])
        self.problem = ""

    def __call__(self, people: People, excluded: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
        """Its best items; any, once it has failed."""
        scores, problem = self._guarded.score(people)
        if scores is None:
            self.problem = problem
            scores = np.zeros((len(people), people.n_items), dtype=np.float32)
        best = blend_scores([scores], excluded, self._curve, people.histories.lengths, k)
        return best.items, best.valid
