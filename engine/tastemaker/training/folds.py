"""One fold of time: fit on what was before it, score and measure on what came after."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend import ScoredCases, WeightCurve, keep_members
from tastemaker.data import BoolArray, Float32Array, Float64Array, People, TrainingData
from tastemaker.holdout.cases import blend_cases
from tastemaker.holdout.scoring import score_cases
from tastemaker.holdout.splits import Split
from tastemaker.metrics.accuracy import measures
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.training.fitting import FitResult
from tastemaker.training.planning import Cost, Costs

Fit = Callable[[Plugin, TrainingData], FitResult]
"""Fits a recommender on what is known before a fold."""

FOLD_CUTOFFS = (10, 20)
"""How long the lists are that members and blend are measured on."""


@dataclass(frozen=True)
class Fold:
    """What came of one fold of time.

    Attributes:
        split: what was known, and what was held out.
        members: the names of those that were fitted.
        cases: what they scored: first the cases with full histories, then the truncated ones;
            nothing where nothing could be held out.
        missing: those that could not be fitted, or failed to score.
        costs: what each member took, by name, and what the rest took.
    """

    split: Split
    members: tuple[str, ...]
    cases: tuple[ScoredCases, ...]
    missing: tuple[FitResult, ...]
    costs: Costs


class FoldScoring:
    """Scores people by several members; one that fails abstains, and its failure is kept.

    Args:
        members: the fitted recommenders.

    Attributes:
        seconds: what each took so far, by name.
        problems: how each failed first, by name; only those that failed.
    """

    def __init__(self, members: Sequence[GuardedRecommender]) -> None:
        self._members = members
        self.seconds = {member.name: 0.0 for member in members}
        self.problems: dict[str, str] = {}

    def __call__(self, people: People) -> list[Float32Array]:
        """Each member's scores (n, n_items) of a few people, NaN where it abstains."""
        return [self._scores(member, people) for member in self._members]

    def _scores(self, member: GuardedRecommender, people: People) -> Float32Array:
        start = time.monotonic()
        scores, problem = member.score(people)
        self.seconds[member.name] += time.monotonic() - start
        if problem:
            self.problems.setdefault(member.name, problem)
        if scores is None:
            return np.full((len(people), people.n_items), np.nan, dtype=np.float32)
        return scores


def fit_fold(data: TrainingData, split: Split, participants: Sequence[Plugin], fit: Fit) -> Fold:
    """Fits recommenders on what was known, and lets them score what was held out."""
    known = replace(data, people=data.people.take(split.known))
    results = [fit(plugin, known) for plugin in participants]
    fitted = [one for one in results if one.recommender]
    score = FoldScoring(
        [GuardedRecommender(one.recommender, data.n_items) for one in fitted if one.recommender]
    )
    start = time.monotonic()
    cases = _scored(data, split, score) if fitted else ()
    shared = time.monotonic() - start - sum(score.seconds.values())
    failed = [
        replace(one, recommender=None, problem=score.problems[one.name])
        for one in fitted
        if one.name in score.problems
    ]
    return Fold(
        split,
        tuple(one.name for one in fitted),
        cases,
        (*(one for one in results if not one.recommender), *failed),
        Costs({one.name: Cost(one.seconds, score.seconds[one.name]) for one in fitted}, shared),
    )


def _scored(data: TrainingData, split: Split, score: FoldScoring) -> tuple[ScoredCases, ...]:
    scored = (score_cases(one, score) for one in blend_cases(data.people, split, data.seed))
    return tuple(one for one in scored if one is not None)


def restricted_cases(fold: Fold, names: Sequence[str]) -> list[ScoredCases]:
    """The cases of a fold with the scores and candidates of some of its members alone."""
    rows = [fold.members.index(name) for name in names]
    return [keep_members(one, rows) for one in fold.cases]


def fold_measures(
    fold: Fold, names: Sequence[str], cases: ScoredCases, curve: WeightCurve
) -> dict[str, dict[str, float]]:
    """Held-out measures of each member alone and of the blend, on full histories.

    For people to whom a member gives all candidates the same score, or none, its list counts as
    misses; so does the blend's where that is true of all its members.

    Args:
        fold: what all its members scored; it has cases.
        names: the members that the blend could be made of.
        cases: the fold's cases with full histories, of those members alone.
        curve: the blend's weights, over some of them.
    """
    full, carry = fold.cases[0], curve.carry
    weights_alone = np.eye(len(fold.members))
    figures = {
        name: _mean_measures(full, np.tile(alone, (len(full), 1)), carry, informative)
        for name, alone, informative in zip(
            fold.members, weights_alone, full.calibrated.informative, strict=True
        )
    }
    part = keep_members(cases, [names.index(name) for name in curve.members])
    informative = np.asarray(part.calibrated.informative.any(axis=0))
    figures["blend"] = _mean_measures(part, curve.at(part.lengths), carry, informative)
    return figures


def _mean_measures(
    cases: ScoredCases, weights: Float64Array, carry: float, informative: BoolArray
) -> dict[str, float]:
    totals = cases.totals(weights, carry)
    hits = cases.hits(totals, max(FOLD_CUTOFFS)) & informative[:, np.newaxis]
    figures = measures(hits, cases.n_relevant, FOLD_CUTOFFS)
    return {name: round(float(own.mean()), 4) for name, own in figures.items()}
