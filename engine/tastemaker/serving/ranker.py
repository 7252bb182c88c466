"""Ranking for one person or many: every member's scores, blended, and the best items picked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tastemaker.blend import Blended, WeightCurve, blend_scores, uniform_weights
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, People
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.exploration import (
    NO_EXPLORATION,
    Exploration,
    Seeds,
    blend_with_exploration,
)
from tastemaker.serving.fallback import Fallback


class MemberScores(NamedTuple):
    """What one member gave for some people.

    Attributes:
        name: the member's name.
        scores: (n, n_items) float32; None where it gave none.
        problem: what went wrong, if anything did.
    """

    name: str
    scores: Float32Array | None
    problem: str = ""


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
        curve: the weights; a member that it does not know has none.
        fallback: scores for those for whom no member can.
        exploration: which items are new, and how often they are inserted.
    """

    members: tuple[GuardedRecommender, ...]
    curve: WeightCurve
    fallback: Fallback
    exploration: Exploration = NO_EXPLORATION

    def rank(
        self, people: People, excluded: BoolArray, k: int, seeds: Seeds | None = None
    ) -> Ranking:
        """The best `k` items of each person.

        Args:
            people: whom to recommend to; their histories may hold any item of the catalogue.
            excluded: (n, n_items) the items that must not be shown.
            k: how many items a person gets, unless fewer may be shown.
            seeds: (n,) what each person's random draws start from; no exploration without.
        """
        given = [MemberScores(member.name, *member.score(people)) for member in self.members]
        lengths = people.histories.lengths
        abstained: BoolArray = np.ones(len(people), dtype=np.bool_)
        if any(one.scores is not None for one in given):
            ranking = self._blended(given, lengths, excluded, k, seeds)
            abstained = np.asarray(~ranking.best.contributions.any(axis=(0, 2)))
            if not abstained.any():
                return ranking
        # The blend lets a member without weight count where no other member scores.
        scores = self.fallback.score(people)
        scores = np.where(abstained[:, np.newaxis], scores, np.float32(np.nan))
        given.append(MemberScores(self.fallback.name, scores))
        return self._blended(given, lengths, excluded, k, seeds)

    def rank_similar(self, item: int, excluded: BoolArray, k: int) -> Ranking:
        """The `k` items most like one item, by every member that can tell; fewer where none can.

        Args:
            item: the item's index.
            excluded: (1, n_items) the items that must not be shown.
            k: how many.
        """
        given: list[MemberScores] = []
        for member in self.members:
            likeness, problem = member.similar(item, excluded.shape[1])
            scores = None if likeness is None else likeness[np.newaxis]
            given.append(MemberScores(member.name, scores, problem))
        if all(one.scores is None for one in given):
            unknown = np.full(excluded.shape, np.nan, dtype=np.float32)
            given.append(MemberScores(self.fallback.name, unknown))
        unscored = np.isnan([one.scores for one in given if one.scores is not None]).all(axis=0)
        return self._blended(given, np.ones(1, dtype=np.int64), excluded | unscored, k, None)

    def _blended(
        self,
        given: Sequence[MemberScores],
        lengths: Int64Array,
        excluded: BoolArray,
        k: int,
        seeds: Seeds | None,
    ) -> Ranking:
        scores = [one.scores for one in given if one.scores is not None]
        names = tuple(one.name for one in given if one.scores is not None)
        problems = tuple(f"{one.name} {one.problem}" for one in given if one.problem)
        curve = self._curve_of(names)
        if seeds is None:
            best = blend_scores(scores, excluded, curve, lengths, k)
            new = np.zeros(best.items.shape, dtype=np.bool_)
        else:
            arguments = (scores, excluded, curve, lengths, k)
            best, new = blend_with_exploration(*arguments, self.exploration, seeds)
        return Ranking(best, names, curve.at(lengths), problems, new)

    def _curve_of(self, names: tuple[str, ...]) -> WeightCurve:
        """The curve of those that gave scores, in their order; 0 for those it does not know."""
        known = [name for name in names if name in self.curve.members]
        if not known:
            return uniform_weights(names)
        curve = self.curve if names == self.curve.members else self.curve.only(known)
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
