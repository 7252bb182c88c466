"""Evaluation masks: for each way to split, what recommenders are fitted on and what is held out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from tastemaker.data import BoolArray, TrainingData
from tastemaker.errors import EvaluationError
from tastemaker.holdout.splits import (
    Split,
    at_random,
    by_time,
    last_out,
    newest_share,
    random_share,
    timed,
)

LATEST_SHARE = 0.1
"""The share of the interactions that an evaluation by time holds out: the usual 90/10."""

UNKNOWN_SHARE = 0.1
"""The share of people, or of items, that is drawn to be unknown. Chosen, not measured."""

HIDDEN_SHARE = 0.2
"""The share of a person's interactions that is held out where histories are shown in part: the
usual 80/20."""


@dataclass(frozen=True)
class EvaluationMasks:
    """What an evaluation makes of the interactions.

    Attributes:
        split: what is known of the people evaluated, and what is held out.
        training: (n_interactions,) what recommenders are fitted on.
        new_items: (n_items,) items that come after training, where there are any.
    """

    split: Split
    training: BoolArray
    new_items: BoolArray | None = None


def time_masks(data: TrainingData) -> EvaluationMasks:
    """The latest interactions of all are held out.

    Raises:
        EvaluationError: not enough times are known.
    """
    if not timed(data.people):
        raise EvaluationError(
            "Most interactions have no time, or all have the same: they cannot be split by time. "
            "Try --split random."
        )
    split = by_time(data.people, 1 - LATEST_SHARE, 1.0)
    start = float(data.people.times[split.held_out].min(initial=np.inf))
    since = f", from {datetime.fromtimestamp(start, UTC):%Y-%m-%d} on" if start < np.inf else ""
    description = f"the latest {LATEST_SHARE:.0%} of the interactions{since}"
    return EvaluationMasks(replace(split, description=description), split.known)


def last_masks(data: TrainingData) -> EvaluationMasks:
    """Everyone's last interaction is held out."""
    split = last_out(data.people)
    return EvaluationMasks(split, split.known)


def random_masks(data: TrainingData) -> EvaluationMasks:
    """A share of everyone's interactions is held out, drawn at random."""
    split = at_random(data.people, HIDDEN_SHARE, data.seed)
    description = f"{split.description}, times withheld"
    return EvaluationMasks(replace(split, description=description), split.known)


def people_masks(data: TrainingData) -> EvaluationMasks:
    """Some people are unknown to the training data; the newest of their history is held out."""
    unknown = _of_unknown_people(data)
    held_out = unknown & newest_share(data.people, HIDDEN_SHARE)
    description = (
        f"the newest {HIDDEN_SHARE:.0%} of the history of {UNKNOWN_SHARE:.0%} of the people, "
        "drawn at random, whom nothing was learnt from"
    )
    return EvaluationMasks(Split(~held_out, held_out, description), ~unknown)


def cold_people_masks(data: TrainingData) -> EvaluationMasks:
    """Some people are unknown, and all that they chose is held out."""
    unknown = _of_unknown_people(data)
    description = (
        f"all choices of {UNKNOWN_SHARE:.0%} of the people, drawn at random, of whom nothing is "
        "known"
    )
    return EvaluationMasks(Split(~unknown, unknown, description), ~unknown)


def _of_unknown_people(data: TrainingData) -> BoolArray:
    """(n_interactions,) those of people drawn to be unknown."""
    people = data.people
    return random_share(len(people), UNKNOWN_SHARE, data.seed)[people.histories.rows]


def cold_items_masks(data: TrainingData) -> EvaluationMasks:
    """Some items come after training; all choices of them are held out."""
    items = data.people.histories.items
    chosen = np.flatnonzero(np.bincount(items, minlength=data.n_items))
    new = np.zeros(data.n_items, dtype=np.bool_)
    new[chosen[random_share(len(chosen), UNKNOWN_SHARE, data.seed)]] = True
    held_out = new[items]
    description = (
        f"{UNKNOWN_SHARE:.0%} of the items, drawn at random, as if they had come after training; "
        "only these are shown"
    )
    return EvaluationMasks(Split(~held_out, held_out, description), ~held_out, new)
