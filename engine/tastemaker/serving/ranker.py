"""Ranking for one person or many: candidates, every member's scores, the blend, the best items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker.blend import Blended, WeightCurve, blend_scores, uniform_weights
from tastemaker.data import BoolArray, Float64Array, People
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.exploration import NO_EXPLORATION, Exploration, Seeds, insert_new_items
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.stage_scores import StageScores, scan_for, stages_for


@dataclass(frozen=True)
class Ranking:
    """The best items of each person.

    Attributes:
        best: the items, best first, with their scores and each member's contribution.
        members: the names of those whose contributions those are, in order.
        weights: (n, n_members) each member's weight for each person.
        problems: what kept a member out.
        explored: (n, width) which places hold new items that exploration inserted.
    """

    best: Blended
    members: tuple[str, ...]
    weights: Float64Array
    problems: tuple[str, ...]
    explored: BoolArray


@dataclass(frozen=True)
class Ranker:
    """The members of a release, their weight curve, and the fallback for where none can score.

    Attributes:
        members: in any order.
        curve: the weights, and who retrieves; a member that it does not know has no weight.
        fallback: scores for those for whom no member can.
        exploration: which items are new, and how often they are inserted.
    """

    members: tuple[GuardedRecommender, ...]
    curve: WeightCurve
    fallback: Fallback
    exploration: Exploration = NO_EXPLORATION

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
        """
        insertions = self.exploration.insertions(seeds, k)
        if exact:
            given = scan_for(people, excluded, insertions)
        else:
            depth = self.curve.depth
            given = stages_for(self.retrievers, people, excluded, depth, k, insertions)
        best, idle = self._best(given, people, k)
        names, explored = tuple(given.scores), np.zeros(best.items.shape, dtype=np.bool_)
        if idle:
            names, best = self._among_all(best, names, idle)
        if insertions is not None:
            best, explored = insert_new_items(best, insertions.places)
        problems = tuple(dict.fromkeys(given.problems))
        weights = self.curve_of(names).at(people.histories.lengths)
        return Ranking(best, names, weights, problems, explored)

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

    def rank_similar(self, item: int, excluded: BoolArray, k: int) -> Ranking:
        """The `k` items most like one item, by every member that can tell; fewer where none can.

        Args:
            item: the item's index.
            excluded: (1, n_items) the items that must not be shown.
            k: how many.
        """
        given, problems = {}, []
        for member in self.members:
            likeness, problem = member.similar(item, excluded.shape[1])
            if likeness is None:
                problems.append(f"{member.name} {problem}")
            else:
                given[member.name] = likeness[np.newaxis]
        if not given:
            given[self.fallback.name] = np.full(excluded.shape, np.nan, dtype=np.float32)
        scores, curve = list(given.values()), self.curve_of(tuple(given))
        unscored = np.isnan(scores).all(axis=0)
        one = np.ones(1, dtype=np.int64)
        best = blend_scores(scores, excluded | unscored, curve, one, k)
        nothing = np.zeros(best.items.shape, dtype=np.bool_)
        return Ranking(best, curve.members, curve.at(one), tuple(problems), nothing)

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


def excluded_items(people: People, ineligible: BoolArray) -> BoolArray:
    """(n, n_items) the items not to be shown to each person: ineligible, or in the history.

    Args:
        people: whose histories.
        ineligible: (n_items,) items that nobody may be shown.
    """
    excluded = np.repeat(ineligible[np.newaxis], len(people), axis=0)
    excluded[people.histories.rows, people.histories.items] = True
    return excluded
