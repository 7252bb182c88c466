"""What settings are compared on: several folds, none of which sees what an evaluation holds out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tastemaker.data import TrainingData
from tastemaker.errors import TrainingError
from tastemaker.holdout.cases import HeldOutCases, full_history_cases
from tastemaker.holdout.methods import fold_method, make_folds

PEOPLE_PER_FOLD = 1000
"""At most so many people are evaluated on a fold. Chosen, not measured."""


@dataclass(frozen=True)
class TuningFold:
    """One fold.

    Attributes:
        data: what may be learnt from.
        cases: the people evaluated, and what is relevant to them.
        description: in words, what is held out.
    """

    data: TrainingData
    cases: HeldOutCases
    description: str


def make_tuning_folds(data: TrainingData, hold_out: str | None = None) -> list[TuningFold]:
    """The folds on which settings are compared, the latest first.

    The newest tenth of all interactions is set aside first; where times are not known, a tenth
    drawn at random; and everyone's last interaction, where that is what is held out.

    Args:
        data: all there is.
        hold_out: what is held out; see `make_folds`.

    Raises:
        TrainingError: there is too little data to hold any out.
        InputError: there is no such hold-out.
    """
    kept_back = fold_method(hold_out, data.people).keep_back(data.people, data.seed)
    people = data.people.take(kept_back.known)
    rng = np.random.default_rng(data.seed)
    folds: list[TuningFold] = []
    for split in make_folds(people, hold_out, data.seed):
        cases = full_history_cases(people, split)
        if len(cases):
            known = replace(data, people=people.take(split.known))
            folds.append(TuningFold(known, cases.sample(PEOPLE_PER_FOLD, rng), split.description))
    if not folds:
        raise TrainingError("There is too little data to hold any out, so nothing can be tuned.")
    return folds
