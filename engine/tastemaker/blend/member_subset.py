"""Trials of some of the members, as if the others had never been there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend import Candidates, ScoredCases, select_candidates
from tastemaker.blend.candidates import DEPTH
from tastemaker.blend.scored_cases import joined

BLOCK = 256
"""How many people are worked on at once."""


def restricted(trial: ScoredCases, rows: Sequence[int], depth: int = DEPTH) -> ScoredCases:
    """The trial with only some members, whose candidates are only what they bring themselves.

    Scores are calibrated over the candidates, so the items that only the others brought must go.

    Args:
        trial: with everybody's candidates.
        rows: the places of the members, in the order they are wanted in.
        depth: how many of its best items each member brings.
    """
    if list(rows) == list(range(trial.n_members)) or not len(trial):
        return _reordered(trial, rows)
    starts = range(0, len(trial), BLOCK)
    blocks = (np.arange(start, min(start + BLOCK, len(trial))) for start in starts)
    return joined([_restricted(trial.select(block), rows, depth) for block in blocks])


def _reordered(trial: ScoredCases, rows: Sequence[int]) -> ScoredCases:
    candidates = Candidates(
        trial.candidates.items, trial.candidates.valid, trial.candidates.values[list(rows)]
    )
    return ScoredCases(candidates, trial.relevant, trial.n_relevant, trial.lengths)


def _restricted(trial: ScoredCases, rows: Sequence[int], depth: int) -> ScoredCases:
    part = select_candidates(trial.candidates.values[list(rows)], ~trial.candidates.valid, depth)
    # the shortlist of a slate holds places in it
    items = np.take_along_axis(trial.candidates.items, part.items, axis=1) * part.valid
    relevant = np.take_along_axis(trial.relevant, part.items, axis=1) & part.valid
    candidates = Candidates(items, part.valid, part.values)
    return ScoredCases(candidates, relevant, trial.n_relevant, trial.lengths)
