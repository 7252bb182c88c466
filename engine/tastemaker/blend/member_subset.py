"""Scored cases of some of the members, as if the others had never been there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend.candidates import DEPTH, Candidates, select_candidates
from tastemaker.blend.scored_cases import ScoredCases, stack_cases

PEOPLE_AT_ONCE = 256
"""How many people are worked on at once. Chosen, not measured."""


def keep_members(cases: ScoredCases, rows: Sequence[int], depth: int = DEPTH) -> ScoredCases:
    """The cases with only some members, whose candidates are only what they bring themselves.

    Scores are calibrated over the candidates, so the items that only the others brought must go.

    Args:
        cases: with every member's candidates.
        rows: the places of the members, in the order they are wanted in.
        depth: how many of its best items each member brings.
    """
    if list(rows) == list(range(cases.n_members)) or not len(cases):
        return _keep_scores(cases, rows)
    starts = range(0, len(cases), PEOPLE_AT_ONCE)
    blocks = (np.arange(start, min(start + PEOPLE_AT_ONCE, len(cases))) for start in starts)
    return stack_cases([_keep_candidates(cases.select(block), rows, depth) for block in blocks])


def _keep_scores(cases: ScoredCases, rows: Sequence[int]) -> ScoredCases:
    """The same candidates with the scores of some members."""
    own = cases.candidates
    candidates = Candidates(own.items, own.valid, own.values[list(rows)])
    return ScoredCases(candidates, cases.relevant, cases.n_relevant, cases.lengths)


def _keep_candidates(cases: ScoredCases, rows: Sequence[int], depth: int) -> ScoredCases:
    """The scores of some members, and the candidates that these bring."""
    part = select_candidates(cases.candidates.values[list(rows)], ~cases.candidates.valid, depth)
    # what is selected from candidates are places among them
    items = np.take_along_axis(cases.candidates.items, part.items, axis=1) * part.valid
    relevant = np.take_along_axis(cases.relevant, part.items, axis=1) & part.valid
    candidates = Candidates(items, part.valid, part.values)
    return ScoredCases(candidates, relevant, cases.n_relevant, cases.lengths)
