"""Ranking for one person or many: candidates, every member's scores, the blend, the best items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tastemaker.blend import Blended, WeightCurve, blend_scores, uniform_weights
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, People
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.exploration import (
    NO_EXPLORATION,
    Exploration,
    Seeds,
    draw_for,
    insert_new_items,
)
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.reranking import RERANKED, Reranking
from tastemaker.serving.retrieving import CandidateItems, no_items
from tastemaker.serving.stage_scores import StageScores, stages_for
from tastemaker.serving.stages import EligibleStage, ScanStage


@dataclass(frozen=True)
class Ranking:
    """The best items of each person.

    Attributes:
        best: the items, best first, with their scores and each member's contribution.
        members: the names of those whose contributions those are, in order.
        weights: (n, n_members) each member's weight for each person.
        problems: what kept a member or a re-ranker out.
        explored: (n, width) which places hold new items that exploration inserted.
        rerankers: those whose contributions follow the members', in order: by the name of each why
            it puts an item first, in words; empty where it does not say.
    """

    best: Blended
    members: tuple[str, ...]
    weights: Float64Array
    problems: tuple[str, ...]
    explored: BoolArray
    rerankers: Mapping[str, str] = field(default_factory=dict)


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
            reranking: puts the items into another order, before new ones are inserted.
        """
        inserted, places = self._new_items(people, excluded, k, seeds)
        ranked = max(k, RERANKED) if reranking and reranking.rerankers else k
        given = self._staged(people, excluded, ranked, inserted, exact)
        for member in self.members:
            given.add(member)
        lengths, abstained = people.histories.lengths, np.ones(len(people), dtype=np.bool_)
        if given.scores:
            best = given.best(self.curve_of(tuple(given.scores)), ranked)
            abstained = np.asarray(~best.contributions.any(axis=(0, 2)))
        if abstained.any() or not given.scores:
            # The blend lets a member without weight count where no other member scores.
            given.add(self.fallback, abstained)
            best = given.best(self.curve_of(tuple(given.scores)), ranked)
        turns: dict[str, str] = {}
        if reranking and reranking.rerankers:
            best, turns, problems = reranking.shortened(best, people, k, ranked)
            given.problems.extend(problems)
        names, explored = tuple(given.scores), np.zeros(best.items.shape, dtype=np.bool_)
        if inserted.width:
            best, explored = insert_new_items(best, places)
        weights, failed = self.curve_of(names).at(lengths), tuple(dict.fromkeys(given.problems))
        return Ranking(best, names, weights, failed, explored, turns)

    def _staged(
        self, people: People, excluded: BoolArray, k: int, inserted: CandidateItems, exact: bool
    ) -> StageScores:
        """What is to be scored."""
        if exact:
            everybody = np.arange(len(people))
            return StageScores([ScanStage(people, excluded, inserted)], [everybody])
        depth = self.curve.depth
        return stages_for(self.retrievers, people, excluded, depth, k, inserted)

    def _new_items(
        self, people: People, excluded: BoolArray, k: int, seeds: Seeds | None
    ) -> tuple[CandidateItems, BoolArray]:
        """New items to insert, and (n, k) the places of the lists that they go to."""
        if seeds is None:
            return no_items(len(people)), np.zeros((len(people), k), dtype=np.bool_)
        places = self.exploration.places(seeds, k)
        drawn = draw_for(self._score_new, people, excluded, self.exploration, places, seeds)
        return drawn, places

    def _score_new(self, people: People, items: Int64Array) -> tuple[Float32Array, WeightCurve]:
        """(n_members, n, width) scores of some items, and the weights of those who gave any."""
        everything = CandidateItems(items, np.ones(items.shape, dtype=np.bool_))
        stage = EligibleStage(people, everything, no_items(len(people)))
        given = StageScores([stage], [np.arange(len(people))])
        for member in self.members:
            given.add(member)
        if not given.scores:
            given.add(self.fallback)
        block = np.stack([arrays[0] for arrays in given.scores.values()])
        return block, self.curve_of(tuple(given.scores))

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
