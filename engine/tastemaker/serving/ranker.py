"""One person or many: every member's scores, blended, and cut to the best items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend import Blended, WeightCurve, blend_scores, uniform_weights
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, People
from tastemaker.plugin.guard import GuardedRecommender
from tastemaker.serving.exploration import NONE, Exploration, Seeds, explored

Answered = tuple[GuardedRecommender, Float32Array | None, str]
"""A member, its (n, n_items) scores or None, and what went wrong if anything did."""


@dataclass(frozen=True)
class Ranking:
    """The best items of each person.

    Attributes:
        best: the items, best first, with their scores and each member's contribution.
        members: whose contributions those are, in order.
        weights: (n, n_members) each member's weight for each person.
        problems: what kept a member out.
        explored: (n, width) which places hold new items that were let in.
    """

    best: Blended
    members: Sequence[GuardedRecommender]
    weights: Float64Array
    problems: tuple[str, ...]
    explored: BoolArray


@dataclass(frozen=True)
class Ranker:
    """The members of a release, their curve, and what answers when none of them can.

    Attributes:
        members: in the curve's order.
        curve: the weights.
        fallback: answers those for whom no member can.
        exploration: which items are new, and how often they are let in.
    """

    members: tuple[GuardedRecommender, ...]
    curve: WeightCurve
    fallback: GuardedRecommender
    exploration: Exploration = NONE

    def rank(
        self, people: People, excluded: BoolArray, k: int, seeds: Seeds | None = None
    ) -> Ranking:
        """The best `k` items of each person.

        Args:
            people: whom to recommend to; their histories may hold any item of the catalogue.
            barred: (n, n_items) the items that must not be shown.
            k: how many items a person gets, unless fewer may be shown.
            seeds: (n,) what each person's draws start from; nothing new is let in without.
        """
        answers = [(member, *member.score(people)) for member in self.members]
        lengths = people.histories.lengths
        abstained: BoolArray = np.ones(len(people), dtype=np.bool_)
        if any(scores is not None for _, scores, _ in answers):
            ranking = self._blended(answers, lengths, excluded, k, seeds)
            abstained = np.asarray(~ranking.best.contributions.any(axis=(0, 2)))
            if not abstained.any():
                return ranking
        # a member without weight is heard where no other speaks
        scores, problem = self.fallback.score(people)
        if scores is not None:
            scores = np.where(abstained[:, np.newaxis], scores, np.float32(np.nan))
        return self._blended(
            [*answers, (self.fallback, scores, problem)], lengths, excluded, k, seeds
        )

    def rank_similar(self, item: int, excluded: BoolArray, k: int) -> Ranking:
        """The `k` items most like one item, by every member that can tell; fewer where none can.

        Args:
            item: the item's index.
            barred: (1, n_items) the items that must not be shown.
            k: how many.
        """
        answers: list[Answered] = []
        for member in self.members:
            likeness, problem = member.similar(item, excluded.shape[1])
            answers.append((member, likeness if likeness is None else likeness[None], problem))
        if all(likeness is None for _, likeness, _ in answers):
            answers.append((self.fallback, np.full(excluded.shape, np.nan, dtype=np.float32), ""))
        told = [likeness for _, likeness, _ in answers if likeness is not None]
        unknown = np.isnan(told).all(axis=0)
        return self._blended(answers, np.ones(1, dtype=np.int64), excluded | unknown, k, None)

    def _blended(
        self,
        answers: Sequence[Answered],
        lengths: Int64Array,
        excluded: BoolArray,
        k: int,
        seeds: Seeds | None,
    ) -> Ranking:
        members = [member for member, scores, _ in answers if scores is not None]
        given = [scores for _, scores, _ in answers if scores is not None]
        problems = tuple(f"{member.name} {problem}" for member, _, problem in answers if problem)
        curve = self._curve_of([member.name for member in members])
        if seeds is None:
            best = blend_scores(given, excluded, curve, lengths, k)
            new = np.zeros(best.items.shape, dtype=np.bool_)
        else:
            best, new = explored(given, excluded, curve, lengths, k, self.exploration, seeds)
        return Ranking(best, members, curve.at(lengths), problems, new)

    def _curve_of(self, names: Sequence[str]) -> WeightCurve:
        """The curve of those who answered, in their order."""
        if tuple(names) == self.curve.members:
            return self.curve
        known = [name for name in names if name in self.curve.members]
        if not known:
            return uniform_weights(names)
        curve = self.curve.only(known)
        return curve if len(known) == len(names) else curve.with_member(names[-1])


def excluded_items(people: People, forbidden: BoolArray) -> BoolArray:
    """(n, n_items) the items that must not be shown: what each has in the history, and forbidden.

    Args:
        people: whose histories.
        forbidden: (n_items,) items that nobody must be shown.
    """
    excluded = np.repeat(forbidden[np.newaxis], len(people), axis=0)
    excluded[people.histories.rows, people.histories.items] = True
    return excluded
