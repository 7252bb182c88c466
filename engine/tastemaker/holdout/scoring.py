"""Scoring held-out cases with the members of a blend, for it to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from tastemaker.blend import Candidates, ScoredCases, select_candidates, stack_cases
from tastemaker.data import BoolArray, Float32Array, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits

REPEAT_SHARE = 0.4
"""Of many people, the share of whom weights for repeats are learnt. With all of them that took 62
of the 250 s of a training on Online Retail, whose peak was 4.1 GB; so, the peak is 2.4 GB."""

FEW_CASES = 100
"""Of so few people, all are taken. Chosen, not measured."""


class ScoringMembers(Protocol):
    """The members of a blend: some bring candidates, the others only score them."""

    @property
    def retrievers(self) -> Sequence[int]:
        """The places, among the members, of those that bring candidates."""

    @property
    def rankers(self) -> Sequence[int]:
        """The places of all others."""

    def score(self, people: People) -> Sequence[Float32Array]:
        """Each retriever's scores (n, n_items) of a few people, NaN where it abstains."""

    def score_items(self, people: People, items: Int64Array) -> Sequence[Float32Array]:
        """Each other member's scores (n, width) of some items of each person (n, width)."""


def score_cases(cases: HeldOutCases, members: ScoringMembers) -> ScoredCases | None:
    """The candidates of the retrievers, all members' scores of them, and what of them is relevant.

    None where there is nobody.

    Args:
        cases: the people.
        members: they must not have learnt from anything that the cases hold out.
    """
    n_members = len(members.retrievers) + len(members.rankers)
    parts = [_score_block(block, members) for block in cases.blocks(n_members)]
    return stack_cases(parts) if parts else None


def score_with_repeats(
    cases: HeldOutCases, members: ScoringMembers
) -> tuple[ScoredCases, ScoredCases] | None:
    """The same, and some of the people once more where what they had chosen may come again.

    Members score everybody once for both. There, what is in a history is a candidate whoever
    retrieves. Those who only chose again what they had chosen before are left out of the first.

    Args:
        cases: the people, as where seen items may not come again.
        members: they must not have learnt from anything that the cases hold out.
    """
    n_members = len(members.retrievers) + len(members.rankers)
    share = 1.0 if len(cases) <= FEW_CASES else REPEAT_SHARE
    parts = [_score_both(block, members, share) for block in cases.blocks(n_members)]
    if not parts:
        return None
    first = stack_cases([own for own, _ in parts])
    return first.select(np.flatnonzero(first.n_relevant)), stack_cases([own for _, own in parts])


def _score_block(cases: HeldOutCases, members: ScoringMembers) -> ScoredCases:
    excluded = cases.seen.toarray()
    found = select_candidates(np.stack(members.score(cases.people)), excluded)
    (candidates,) = _with_rankers([found], cases.people, members)
    return _scored(cases, candidates, excluded)


def _score_both(
    cases: HeldOutCases, members: ScoringMembers, share: float
) -> tuple[ScoredCases, ScoredCases]:
    scores, again = np.stack(members.score(cases.people)), cases.with_repeats()
    seen, excluded, own = cases.seen.toarray(), again.seen.toarray(), cases.people.own_items()
    found = [
        select_candidates(scores, seen),
        select_candidates(scores, excluded, always=own),
    ]
    first, second = _with_rankers(found, cases.people, members)
    scored = _scored(again, second, excluded)
    repeats = np.take_along_axis(own, second.items, axis=1) & second.valid
    some = _evenly(len(cases), share)
    return _scored(cases, first, seen), replace(scored, repeats=repeats).select(some)


def _evenly(n: int, share: float) -> Int64Array:
    """A share of the numbers from 0 to n - 1, spread evenly; one at least, if there is any."""
    steps = np.arange(n) * share
    return np.flatnonzero(np.floor(steps) > np.floor(steps - share))


def _scored(cases: HeldOutCases, candidates: Candidates, excluded: BoolArray) -> ScoredCases:
    relevant, n_relevant = find_hits(cases, candidates.items, candidates.valid, excluded)
    return ScoredCases(candidates, relevant, n_relevant, cases.people.histories.lengths)


def _with_rankers(
    found: Sequence[Candidates], people: People, members: ScoringMembers
) -> list[Candidates]:
    """The retrievers' candidates with the scores of all members, in their order.

    Args:
        found: one or several lists of the same people; the other members score all at once.
        people: whose candidates they are.
        members: who scores.
    """
    if not members.rankers:
        return list(found)
    n_members = len(members.retrievers) + len(members.rankers)
    scores = members.score_items(people, np.concatenate([one.items for one in found], axis=1))
    ends = np.cumsum([0, *(one.items.shape[1] for one in found)]).tolist()
    result: list[Candidates] = []
    for one, (start, end) in zip(found, pairwise(ends), strict=True):
        values = np.empty((n_members, *one.items.shape), dtype=np.float32)
        values[list(members.retrievers)] = one.values
        for place, own in zip(members.rankers, scores, strict=True):
            values[place] = np.where(one.valid, own[:, start:end], np.float32(np.nan))
        result.append(Candidates(one.items, one.valid, values))
    return result
