"""Scoring held-out cases with every member of a blend, for the blend to learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tastemaker.blend import ScoredCases, select_candidates, stack_cases
from tastemaker.data import Float32Array, People
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits

Score = Callable[[People], Sequence[Float32Array]]
"""Each member's scores (n, n_items) of a few people, NaN where it abstains."""


def score_cases(cases: HeldOutCases, score: Score) -> ScoredCases | None:
    """The candidates of all members and what of them is relevant; None where there is nobody.

    Args:
        cases: the people.
        score: the members; they must not have learnt from anything that the cases hold out.
    """
    parts = [_score_block(block, score) for block in cases.blocks()]
    return stack_cases(parts) if parts else None


def _score_block(cases: HeldOutCases, score: Score) -> ScoredCases:
    excluded = cases.seen.toarray()
    candidates = select_candidates(np.stack(score(cases.people)), excluded)
    relevant, n_relevant = find_hits(cases, candidates.items, candidates.valid, excluded)
    return ScoredCases(candidates, relevant, n_relevant, cases.people.histories.lengths)
