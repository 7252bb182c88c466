"""Ranking for one person or many: candidates, every member's scores, the blend, the best items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tastemaker.blend import Blended, WeightCurve, blend_scores, uniform_weights
from tastemaker.data import BoolArray, Float32Array, Float64Array, People
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.observer import UNOBSERVED, Observer
from tastemaker.serving.exploration import (
    NO_EXPLORATION,
    Exploration,
    Insertions,
    Seeds,
    insert_new_items,
)
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.reranking import RERANKED, Reranking
from tastemaker.serving.stage_scores import StageScores, scan_for, stages_for
from tastemaker.serving.told import TOLD, ToldLess, with_parts

CHOSEN_FROM = 1000
"""From how many of the best the list is chosen where people want less of something: as a rule, from
all candidates. Chosen, not measured."""


@dataclass(frozen=True)
class Ranking:
    """The best items of each person.

    Attributes:
        best: the items, best first, with their scores and each member's contribution.
        members: the names of those whose contributions those are, in order.
        weights: (n, n_members) each member's weight for each person.
        problems: what kept a member or a re-ranker out.
        explored: (n, width) which places hold new items that exploration inserted.
        adjusters: what else is part of the scores, in order, rows of contributions after those of
            the members: by the name of each why it puts an item first, in words; empty where it
            does not say.
    """

    best: Blended
    members: tuple[str, ...]
    weights: Float64Array
    problems: tuple[str, ...]
    explored: BoolArray
    adjusters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranker:
    """The members of a release, their weight curve, and the fallback for where none can score.

    Attributes:
        members: in any order.
        curve: the weights, and who retrieves; a member that it does not know has no weight.
        fallback: scores for those for whom no member can.
        exploration: which items are new, and how often they are inserted.
        own_items: whether the items of each history that may be shown are candidates, whoever
            retrieves.
        observer: is told how long each stage takes.
    """

    members: tuple[GuardedRecommender, ...]
    curve: WeightCurve
    fallback: Fallback
    exploration: Exploration = NO_EXPLORATION
    own_items: bool = False
    observer: Observer = UNOBSERVED

    def exploring(self, share: float) -> Ranker:
        """The same with another share of places for new items."""
        if share == self.exploration.share:
            return self
        return replace(self, exploration=replace(self.exploration, share=share))

    @cached_property
    def retrievers(self) -> tuple[GuardedRecommender | Fallback, ...]:
        """Those whose best items are the candidates; the fallback where there is no member."""
        chosen = tuple(one for one in self.members if one.name in self.curve.retrievers)
        return chosen or self.members or (self.fallback,)

    def rank(
        self,
        people: People,
        excluded: BoolArray,
        k: int,
        seeds: Seeds | None = None,
        exact: bool = False,
        told: ToldLess | None = None,
        reranking: Reranking | None = None,
    ) -> Ranking:
        """The best `k` items of each person.

        The retrievers name candidates, and all members score those. For whom too few are found,
        and for whom few items may be shown at all, every item is scored.

        Args:
            people: whom to recommend to; their histories may hold any item of the catalogue.
            excluded: (n, n_items) the items that must not be shown.
            k: how many items a person gets, unless fewer may be shown.
            seeds: (n,) what each person's random draws start from; no exploration without.
            exact: whether every item is scored for everybody.
            told: what these people want less of.
            reranking: puts the items into another order, before new ones are inserted.
        """
        reranks = reranking is not None and bool(reranking.rerankers)
        insertions, n = self.exploration.insertions(seeds, k), len(people)
        with self.observer.timing("retrieve", n):
            given = self._staged(people, excluded, k, insertions, exact)
        ranked = max(k, RERANKED) if reranks else k
        wide = ranked if told is None else max(4 * ranked, CHOSEN_FROM)
        with self.observer.timing("score", n):
            best, idle = self._best(given, people, wide)
        names = tuple(given.scores)
        with self.observer.timing("rank", n):
            if idle:
                names, best = self._among_all(best, names, idle)
            if told is not None:
                width = best.items.shape[1] if insertions is None else wide
                best = with_parts(best, told.parts(best), ranked, width)
            adjusters = {} if told is None else {TOLD: ""}
            if reranking is not None and reranks:
                reranked = reranking.shortened(best, people, k, ranked)
                best, adjusters = reranked.best, {**adjusters, **reranked.rerankers}
                given.problems.extend(reranked.problems)
            explored = np.zeros(best.items.shape, dtype=np.bool_)
            if insertions is not None:
                best, explored = insert_new_items(best, insertions.places)
        problems = tuple(dict.fromkeys(given.problems))
        weights = self.curve_of(names).at(people.histories.lengths)
        return Ranking(best, names, weights, problems, explored, adjusters)

    def _staged(
        self,
        people: People,
        excluded: BoolArray,
        k: int,
        insertions: Insertions | None,
        exact: bool,
    ) -> StageScores:
        """What is to be scored."""
        own = people.own_items() if self.own_items else None
        if exact:
            return scan_for(people, excluded, insertions, own)
        depth = self.curve.depth
        return stages_for(self.retrievers, people, excluded, depth, k, insertions, own)

    def _best(self, given: StageScores, people: People, k: int) -> tuple[Blended, frozenset[str]]:
        """The best items by all members, and who did not score because it would change nothing.

        A member that has no weight for anybody here counts only where the others leave a gap.
        """
        idle = self._without_weight(people)
        for member in self.members:
            if member.name not in idle:
                given.add(member)
        if idle and given.lacks_scores:
            idle = self._score_others(given, idle)
        best, abstained = self._blended(given, people, k)
        if idle and abstained.any():
            idle = self._score_others(given, idle)
            best, abstained = self._blended(given, people, k)
        if best is None or abstained.any():
            # The blend lets a member without weight count where no other member scores.
            given.add(self.fallback, abstained)
            best = given.best(self.curve_of(tuple(given.scores)), k)
        return best, idle

    def _without_weight(self, people: People) -> frozenset[str]:
        """The names of the members that have no weight for any of the people."""
        idle = set(self.curve.without_weight(people.histories.lengths))
        idle.update(one.name for one in self.members if one.name not in self.curve.members)
        return frozenset(idle)

    def _score_others(self, given: StageScores, idle: frozenset[str]) -> frozenset[str]:
        """Lets the members score that did not so far; nobody's name, as none of them is idle."""
        for member in self.members:
            if member.name in idle:
                given.add(member)
        given.in_order([member.name for member in self.members])
        return frozenset()

    def _blended(
        self, given: StageScores, people: People, k: int
    ) -> tuple[Blended | None, BoolArray]:
        """The best items by those that scored, and (n,) for whom all of them abstained."""
        if not given.scores:
            return None, np.ones(len(people), dtype=np.bool_)
        best = given.best(self.curve_of(tuple(given.scores)), k)
        return best, np.asarray(~best.contributions.any(axis=(0, 2)))

    def _among_all(
        self, best: Blended, scored: tuple[str, ...], idle: frozenset[str]
    ) -> tuple[tuple[str, ...], Blended]:
        """The names of all members, and what they contributed: the idle ones nothing."""
        names = tuple(one.name for one in self.members if one.name in idle or one.name in scored)
        shape = (len(names), *best.items.shape)
        contributions = np.zeros(shape, dtype=np.float32)
        contributions[[names.index(name) for name in scored]] = best.contributions
        return names, Blended(best.items, best.valid, best.totals, contributions)

    def rank_similar(self, items: Sequence[int], excluded: BoolArray, k: int) -> Ranking:
        """The `k` items most like some items, by every member that can tell; fewer where none can.

        Args:
            items: the indexes of the items, at least one.
            excluded: (1, n_items) the items that must not be shown.
            k: how many.
        """
        given, problems = {}, []
        for member in self.members:
            likeness, problem = mean_likeness(member, items, excluded.shape[1])
            if likeness is None:
                problems.append(f"{member.name} {problem}")
            else:
                given[member.name] = likeness[np.newaxis]
        if not given:
            given[self.fallback.name] = np.full(excluded.shape, np.nan, dtype=np.float32)
        # step functions were learnt for what people choose, not for likeness
        scores, curve = list(given.values()), self.curve_of(tuple(given)).linear
        unscored = np.isnan(scores).all(axis=0)
        length = np.full(1, len(items), dtype=np.int64)
        best = blend_scores(scores, excluded | unscored, curve, length, k)
        nothing = np.zeros(best.items.shape, dtype=np.bool_)
        return Ranking(best, curve.members, curve.at(length), tuple(problems), nothing)

    def curve_of(self, names: tuple[str, ...]) -> WeightCurve:
        """The curve of those that gave scores, in their order; 0 for those it does not know."""
        if names == self.curve.members:
            return self.curve
        curve = self._curves.get(names)
        if curve is None:
            curve = self._curves[names] = self._curve_of(names)
        return curve

    @cached_property
    def _curves(self) -> dict[tuple[str, ...], WeightCurve]:
        return {}

    def _curve_of(self, names: tuple[str, ...]) -> WeightCurve:
        known = [name for name in names if name in self.curve.members]
        if not known:
            return uniform_weights(names)
        curve = self.curve.only(known)
        for name in names:
            curve = curve if name in curve.members else curve.with_member(name)
        return curve if curve.members == names else curve.only(names)


def mean_likeness(
    member: GuardedRecommender, items: Sequence[int], n_items: int
) -> tuple[Float32Array | None, str]:
    """(n_items,) float32 how alike every item is to some items on average, or the problem.

    An item is not known, NaN, where the member can tell of none of them.
    """
    rows = []
    for item in items:
        likeness, problem = member.similar(item, n_items)
        if likeness is None:
            return None, problem
        rows.append(likeness)
    if len(rows) == 1:
        return rows[0], ""
    block = np.stack(rows)
    known = np.count_nonzero(~np.isnan(block), axis=0)
    sums = np.nansum(block, axis=0)
    means = np.divide(sums, known, where=known > 0, out=np.full(n_items, np.nan, np.float32))
    return means.astype(np.float32), ""
