"""One fold of time: fit on what was before it, score what came after."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from tastemaker.blend import ScoredCases
from tastemaker.blend.member_subset import keep_retrieved, keep_scores
from tastemaker.data import Float32Array, Int64Array, People, TrainingData
from tastemaker.holdout.cases import SampleSize, blend_cases
from tastemaker.holdout.scoring import score_cases, score_with_repeats
from tastemaker.holdout.splits import Split
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.guarded_calls import GuardedCalls
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.recommender import Recommender
from tastemaker.training.fitting import FitResult
from tastemaker.training.planning import Cost, Costs

Fit = Callable[[Plugin, TrainingData], FitResult]
"""Fits a recommender on what is known before a fold."""


@dataclass(frozen=True)
class FittedFold:
    """The members fitted on what was known before one fold.

    Attributes:
        split: what was known, and what is held out.
        results: what came of each fit.
        n_items: how many items there are.
    """

    split: Split
    results: tuple[FitResult, ...]
    n_items: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those that were fitted."""
        return tuple(one.name for one in self.results if one.recommender)

    @property
    def recommenders(self) -> dict[str, Recommender]:
        """Those that were fitted, by name."""
        return {one.name: one.recommender for one in self.results if one.recommender}

    def only(self, names: Collection[str]) -> FittedFold:
        """The same with those fits alone, so that the others' memory is free again."""
        return replace(self, results=tuple(one for one in self.results if one.name in names))

    def knows_nothing_beyond(self, split: Split) -> bool:
        """Whether all that these members were fitted on is known before that other fold too."""
        return not (self.split.known & ~split.known).any()

    @property
    def missing(self) -> tuple[FitResult, ...]:
        """Those that could not be fitted."""
        return tuple(one for one in self.results if not one.recommender)

    def guarded(self, names: Sequence[str]) -> list[GuardedRecommender]:
        """The members of some names, ready to score."""
        plugins = {one.name: one.plugin for one in self.results}
        return [
            GuardedRecommender(
                self.recommenders[name],
                self.n_items,
                GuardedCalls.of(plugins[name]),
            )
            for name in names
        ]

    def failed(self, problems: Mapping[str, str]) -> tuple[FitResult, ...]:
        """Those that were fitted, but have a problem all the same."""
        return tuple(
            replace(one, recommender=None, problem=problems[one.name])
            for one in self.results
            if one.recommender and one.name in problems
        )


@dataclass(frozen=True)
class ScoredFold:
    """What the members of one fold scored.

    Attributes:
        members: their names.
        retrievers: the names of those that brought the candidates.
        cases: what they scored: first the cases with full histories, then the truncated ones;
            nothing where nothing could be held out.
        problems: how members failed to score, by name.
        seconds: what each member took to score, by name.
        shared: what all took together besides.
        repeats: the same cases where what people had chosen may come again; nothing where that was
            not asked for.
    """

    members: tuple[str, ...]
    retrievers: tuple[str, ...]
    cases: tuple[ScoredCases, ...]
    problems: Mapping[str, str]
    seconds: Mapping[str, float]
    shared: float
    repeats: tuple[ScoredCases, ...] = ()

    def restricted(
        self, names: Sequence[str], retrievers: Sequence[str], repeats: bool = False
    ) -> list[ScoredCases]:
        """The cases of some of the members, with the candidates that some of these bring.

        Args:
            names: the members wanted, in order.
            retrievers: the names of those that bring candidates; all that are wanted where empty.
            repeats: whether the cases are those where what people had chosen may come again.
        """
        cases = self.repeats if repeats else self.cases
        rows = [self.members.index(name) for name in names]
        bringing = tuple(retrievers or names)
        if bringing == self.retrievers:
            return [keep_scores(one, rows) for one in cases]
        places = [self.members.index(name) for name in bringing]
        return [keep_scores(keep_retrieved(one, places), rows) for one in cases]


class FoldScoring:
    """Scores people by several members; one that fails abstains, and its failure is kept.

    Args:
        members: the fitted recommenders.
        retrieving: the names of those that bring candidates.

    Attributes:
        retrievers: their places among the members.
        rankers: the places of all others.
        seconds: what each took so far, by name.
        problems: how each failed first, by name; only those that failed.
    """

    def __init__(self, members: Sequence[GuardedRecommender], retrieving: Sequence[str]) -> None:
        self._members = members
        names = [member.name for member in members]
        self.retrievers = [place for place, name in enumerate(names) if name in retrieving]
        self.rankers = [place for place, name in enumerate(names) if name not in retrieving]
        self.seconds = dict.fromkeys(names, 0.0)
        self.problems: dict[str, str] = {}

    def score(self, people: People) -> list[Float32Array]:
        """Each retriever's scores (n, n_items) of a few people, NaN where it abstains."""
        members = [self._members[place] for place in self.retrievers]
        shape = (len(people), people.n_items)
        return [self._kept(one.name, shape, partial(one.score, people)) for one in members]

    def score_items(self, people: People, items: Int64Array) -> list[Float32Array]:
        """Each other member's scores (n, width) of some items, NaN where it abstains."""
        members = [self._members[place] for place in self.rankers]
        return [
            self._kept(one.name, items.shape, partial(one.score_items, people, items))
            for one in members
        ]

    def _kept(
        self,
        name: str,
        shape: tuple[int, ...],
        call: Callable[[], tuple[Float32Array | None, str]],
    ) -> Float32Array:
        start = time.monotonic()
        scores, problem = call()
        self.seconds[name] += time.monotonic() - start
        if problem:
            self.problems.setdefault(name, problem)
        if scores is None:
            return np.full(shape, np.nan, dtype=np.float32)
        return scores


def fit_fold(
    data: TrainingData, split: Split, participants: Sequence[Plugin], fit: Fit
) -> FittedFold:
    """Fits recommenders on what was known."""
    known = replace(data, people=data.people.take(split.known))
    results = tuple(fit(plugin, known) for plugin in participants)
    return FittedFold(split, results, data.n_items)


def score_fold(
    data: TrainingData,
    fold: FittedFold,
    names: Sequence[str],
    retrievers: Sequence[str],
    size: SampleSize,
    repeats: bool = False,
) -> ScoredFold:
    """Lets members score what was held out.

    Args:
        data: what the fold was made of.
        fold: the fitted members.
        names: those of them that score.
        retrievers: those of them that bring candidates.
        size: how many people are scored.
        repeats: whether they are scored as well where what they had chosen may come again.
    """
    members = FoldScoring(fold.guarded(names), retrievers)
    start = time.monotonic()
    held_out = blend_cases(data.people, fold.split, data.seed, size, repeats) if names else ()
    cases, again = list[ScoredCases](), list[ScoredCases]()
    for group in held_out:
        if repeats:
            both = score_with_repeats(group, members)
            cases.extend(both[:1] if both and len(both[0]) else ())
            again.extend(both[1:] if both else ())
        else:
            scored = score_cases(group, members)
            cases.extend([scored] if scored else ())
    shared = time.monotonic() - start - sum(members.seconds.values())
    return ScoredFold(
        tuple(names),
        tuple(retrievers),
        tuple(cases),
        members.problems,
        members.seconds,
        shared,
        tuple(again),
    )


def fold_costs(fold: FittedFold, scored: ScoredFold) -> Costs:
    """What a fold took: each member to fit and to score, and the rest."""
    members = {
        one.name: Cost(one.seconds, scored.seconds[one.name])
        for one in fold.results
        if one.name in scored.members and one.name not in scored.problems
    }
    return Costs(members, scored.shared)
