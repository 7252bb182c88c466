"""Whether people choose again what they had chosen before, and so need a curve of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend import WeightCurve
from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.splits import Split
from tastemaker.training.step_function_report import StepFunctionReport

LEAST_REPEATS = 0.02
"""Where at least this share of what people choose they had chosen before, weights are learnt for
that too. Chosen, not measured."""


@dataclass(frozen=True)
class RepeatBlend:
    """What was learnt for where items may come again.

    Attributes:
        curve: the weights.
        share: the share of what people chose in the folds that they had chosen before.
        measures: for each member, and for "blend", held-out measures with seen items in lists and
            among what is relevant.
        steps: whether step functions were let in; None where that is not known.
    """

    curve: WeightCurve
    share: float
    measures: Mapping[str, Mapping[str, float]]
    steps: StepFunctionReport | None = None


def share_of_repeats(people: People, splits: Sequence[Split]) -> float:
    """The share of what people chose in the held-out time of folds that they had chosen before.

    What somebody chose several times in that time counts once; 0 where nothing is held out.

    Args:
        people: all histories.
        splits: the folds.
    """
    again, total = 0, 0
    for split in splits:
        chosen = _pairs(people, split.held_out)
        again += int(np.isin(chosen, _pairs(people, split.known), assume_unique=True).sum())
        total += len(chosen)
    return again / max(total, 1)


def _pairs(people: People, which: BoolArray) -> Int64Array:
    """Each person with each item that they chose in what is marked, as one number; each once."""
    histories, marked = people.histories, which & (people.weights > 0)
    rows, items = histories.rows[marked], histories.items[marked].astype(np.int64)
    return np.unique(rows * max(people.n_items, 1) + items)
