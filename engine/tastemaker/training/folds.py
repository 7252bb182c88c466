"""One cut of time: fit on what was before it, and ask about what came after."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tastemaker.blend import ScoredCases
from tastemaker.data import Float32Array, People, TrainingData
from tastemaker.holdout.cases import blend_cases
from tastemaker.holdout.scoring import score_cases
from tastemaker.holdout.splits import Split
from tastemaker.plugin.guard import GuardedRecommender
from tastemaker.training.fitting import Candidate, FitResult
from tastemaker.training.planning import Cost, Costs

Fit = Callable[[Candidate, TrainingData], FitResult]
"""Fits a candidate on what is known at a cut."""


@dataclass(frozen=True)
class Fold:
    """What came of one cut of time.

    Attributes:
        split: what was known, and what was asked.
        members: the names of those who were fitted and could score.
        trials: the first one with whole histories, then those cut short; where nothing could be
            asked, none.
        missing: those who could not be fitted, or failed to score.
        costs: what each member took, by name, and what the rest took.
    """

    split: Split
    members: tuple[str, ...]
    trials: tuple[ScoredCases, ...]
    missing: tuple[FitResult, ...]
    costs: Costs


@dataclass
class _Examinee:
    """A fitted member at work on the questions, its problem and its time."""

    fitted: FitResult
    guarded: GuardedRecommender
    problem: str = ""
    seconds: float = field(default=0.0)

    def scores(self, people: People) -> Float32Array:
        """Its scores; it abstains where it fails, and the failure is noted."""
        start = time.monotonic()
        scores, problem = self.guarded.score(people)
        self.seconds += time.monotonic() - start
        self.problem = self.problem or problem
        if scores is None:
            return np.full((len(people), people.n_items), np.nan, dtype=np.float32)
        return scores


def fit_fold(data: TrainingData, split: Split, candidates: Sequence[Candidate], fit: Fit) -> Fold:
    """Fits the candidates on what was known, and asks them about what came after."""
    known = replace(data, people=data.people.take(split.known))
    every = [fit(candidate, known) for candidate in candidates]
    able = [
        _Examinee(one, GuardedRecommender(one.recommender, data.n_items))
        for one in every
        if one.recommender
    ]
    start = time.monotonic()

    def score(people: People) -> list[Float32Array]:
        return [examinee.scores(people) for examinee in able]

    asked = (
        (score_cases(one, score) for one in blend_cases(data.people, split, data.seed))
        if able
        else ()
    )
    trials = tuple(one for one in asked if one is not None)
    shared = time.monotonic() - start - sum(examinee.seconds for examinee in able)
    costs = {one.fitted.candidate.name: Cost(one.fitted.seconds, one.seconds) for one in able}
    failed = [replace(one.fitted, recommender=None, problem=one.problem) for one in able]
    return Fold(
        split,
        tuple(examinee.fitted.candidate.name for examinee in able),
        trials,
        (*(one for one in every if not one.recommender), *(one for one in failed if one.problem)),
        Costs(costs, shared),
    )
