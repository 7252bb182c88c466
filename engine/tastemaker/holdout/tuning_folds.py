"""What settings are measured on: several cuts, none of which sees the newest tenth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tastemaker.data import People, TrainingData
from tastemaker.errors import TrainingError
from tastemaker.holdout.cases import HeldOutCases, full_history_cases
from tastemaker.holdout.splits import Split, at_random, by_time, last_out, make_folds, timed

KEPT_BACK = 0.1
"""The share of all interactions that no trial sees: there `tastemaker evaluate` stays honest."""

PEOPLE = 1000
"""At most so many people are asked at a cut."""


@dataclass(frozen=True)
class TuningFold:
    """One cut: what may be learnt from, and what is asked.

    Attributes:
        data: what is known.
        question: whom to ask about, and what is right.
        basis: in words, what is asked.
    """

    data: TrainingData
    question: HeldOutCases
    basis: str


def make_tuning_folds(data: TrainingData, hold_out: str | None = None) -> list[TuningFold]:
    """The cuts on which settings are compared, the latest first.

    The newest tenth of all interactions is set aside first; where times are not known, a tenth
    drawn at random; and everyone's last interaction, where that is what is held out.

    Args:
        data: all there is.
        hold_out: what is asked for; see `make_folds`.

    Raises:
        TrainingError: there is too little data to ask anything.
        InputError: there is no such hold-out.
    """
    people = data.people.take(_spare(data.people, hold_out, data.seed).known)
    rng = np.random.default_rng(data.seed)
    folds: list[TuningFold] = []
    for split in make_folds(people, hold_out, data.seed):
        asked = full_history_cases(people, split)
        if len(asked):
            known = replace(data, people=people.take(split.known))
            folds.append(TuningFold(known, _some(asked, rng), split.basis))
    if not folds:
        raise TrainingError("There is too little data to hold any out, so nothing can be tuned.")
    return folds


def _spare(people: People, hold_out: str | None, seed: int) -> Split:
    """What no trial sees."""
    if hold_out == "last":
        return last_out(people)
    if hold_out == "random" or not timed(people):
        return at_random(people, KEPT_BACK, seed)
    return by_time(people, 1 - KEPT_BACK, 1.0)


def _some(question: HeldOutCases, rng: np.random.Generator) -> HeldOutCases:
    if len(question) <= PEOPLE:
        return question
    return question.select(np.sort(rng.choice(len(question), PEOPLE, replace=False)))
