"""Scoring held-out cases with the members of a blend, for it to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tastemaker.blend import Candidates, ScoredCases, select_candidates, stack_cases
from tastemaker.data import Float32Array, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits


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


def _score_block(cases: HeldOutCases, members: ScoringMembers) -> ScoredCases:
    excluded = cases.seen.toarray()
    found = select_candidates(np.stack(members.score(cases.people)), excluded)
    candidates = _with_rankers(found, cases.people, members)
    relevant, n_relevant = find_hits(cases, candidates.items, candidates.valid, excluded)
    return ScoredCases(candidates, relevant, n_relevant, cases.people.histories.lengths)


def _with_rankers(found: Candidates, people: People, members: ScoringMembers) -> Candidates:
    """The retrievers' candidates with the scores of all members, in their order."""
    if not members.rankers:
        return found
    n_members = len(members.retrievers) + len(members.rankers)
    values = np.empty((n_members, *found.items.shape), dtype=np.float32)
    values[list(members.retrievers)] = found.values
    for place, own in zip(members.rankers, members.score_items(people, found.items), strict=True):
        values[place] = np.where(found.valid, own, np.float32(np.nan))
    return Candidates(found.items, found.valid, values)
