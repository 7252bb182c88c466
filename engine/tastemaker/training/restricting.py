"""Trials of some of the members, as if the others had never been there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.blend import Slate, Trial, shortlist
from tastemaker.blend.candidates import DEPTH
from tastemaker.blend.trials import joined

BLOCK = 256
"""How many people are worked on at once."""


def restricted(trial: Trial, rows: Sequence[int], depth: int = DEPTH) -> Trial:
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


def _reordered(trial: Trial, rows: Sequence[int]) -> Trial:
    slate = Slate(trial.slate.items, trial.slate.valid, trial.slate.values[list(rows)])
    return Trial(slate, trial.relevant, trial.n_relevant, trial.lengths)


def _restricted(trial: Trial, rows: Sequence[int], depth: int) -> Trial:
    part = shortlist(trial.slate.values[list(rows)], ~trial.slate.valid, depth)
    # the shortlist of a slate holds places in it
    items = np.take_along_axis(trial.slate.items, part.items, axis=1) * part.valid
    relevant = np.take_along_axis(trial.relevant, part.items, axis=1) & part.valid
    slate = Slate(items, part.valid, part.values)
    return Trial(slate, relevant, trial.n_relevant, trial.lengths)
