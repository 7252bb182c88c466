"""The ways to hold interactions out: one registry for all that learns, tunes or evaluates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from tastemaker.arrays import BoolArray
from tastemaker.data import People, TrainingData
from tastemaker.errors import EvaluationError, InputError
from tastemaker.holdout.splits import (
    LAST,
    Split,
    at_random,
    by_time,
    last_out,
    newest_share,
    random_share,
    timed,
)

FOLD_STARTS = (0.9, 0.8, 0.7)
"""Where the rolling time folds begin, as shares of all interactions in the order of time.

Several, because on two of the data sets that the design was measured on, a blend chosen on one
fold collapsed on the next; that there are three was chosen, not measured."""

FOLD_WIDTH = 0.1
"""The share of the interactions that is held out in each fold. Chosen, not measured."""

LATEST = 0.1
"""The share of the interactions that an evaluation by time holds out: the usual 90/10."""

UNKNOWN_SHARE = 0.1
"""The share of people, or of items, that is drawn to be unknown. Chosen, not measured."""

HIDDEN = 0.2
"""The share of a person's interactions that is held out where histories are shown in part: the
usual 80/20."""

KEPT_BACK = 0.1
"""The share of all interactions that tuning never sees: there `tastemaker evaluate` stays honest.
As large as `LATEST`, so that it is the same interactions."""


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


@dataclass(frozen=True)
class FoldMethod:
    """How several folds of one kind are made.

    Attributes:
        make: the folds of some people, by a seed, the likest to what will be predicted first.
        keep_back: what is set aside first where a later evaluation of that kind must stay honest.
    """

    make: Callable[[People, int], list[Split]]
    keep_back: Callable[[People, int], Split]


@dataclass(frozen=True)
class SplitMethod:
    """One way to hold interactions out.

    Attributes:
        evaluation: the masks of an evaluation.
        hold_out: the name of the method whose folds are most like it: what a blend learns on.
        folds: its own folds, where it has any.
        timeless: whether what is held out lies anywhere in time, so that neither times nor the
            order of a history may tell what came before and after it.
    """

    evaluation: Callable[[TrainingData], EvaluationMasks]
    hold_out: str
    folds: FoldMethod | None = None
    timeless: bool = False


def default_method(people: People) -> str:
    """The name of the method for data of that kind: by time where times are known."""
    return "time" if timed(people) else "random"


def fold_method(name: str | None, people: People) -> FoldMethod:
    """The folds of the method of that name; of the default one, if not given.

    Raises:
        InputError: no method of that name has folds.
    """
    chosen = name or default_method(people)
    folds = SPLITS[chosen].folds if chosen in SPLITS else None
    if folds is None:
        known = ", ".join(HOLD_OUTS)
        raise InputError(f"There is no hold-out {chosen!r}. Choose one of: {known}.")
    return folds


def make_folds(people: People, name: str | None = None, seed: int = 0) -> tuple[Split, ...]:
    """Several splits of one kind to learn a blend on, the likest to what will be predicted first.

    Splits with nothing known or nothing held out are left out.

    Args:
        people: all histories.
        name: one of `HOLD_OUTS`: "time" holds out what follows each of some moments, "last" each
            person's last interaction, the last but one, and so on, "random" interactions drawn at
            random. By time where times are known, and at random otherwise, if not given.
        seed: what is drawn at random starts from.

    Raises:
        InputError: there is no such hold-out.
    """
    folds = fold_method(name, people).make(people, seed)
    return tuple(fold for fold in folds if fold.known.any() and fold.held_out.any())


def _time_folds(people: People, seed: int) -> list[Split]:
    if not timed(people):
        return []
    return [by_time(people, start, start + FOLD_WIDTH) for start in FOLD_STARTS]


def _last_folds(people: People, seed: int) -> list[Split]:
    ages, lengths = people.histories.ages, people.histories.lengths[people.histories.rows]
    return [
        Split(ages > before, (ages == before) & (lengths >= before + 2), LAST)
        for before in range(len(FOLD_STARTS))
    ]


def _random_folds(people: People, seed: int) -> list[Split]:
    return [at_random(people, FOLD_WIDTH, seed + turn) for turn in range(len(FOLD_STARTS))]


def _keep_back_latest(people: People, seed: int) -> Split:
    """The latest, or where no times are known as many drawn at random."""
    if timed(people):
        return by_time(people, 1 - KEPT_BACK, 1.0)
    return _keep_back_random(people, seed)


def _keep_back_last(people: People, seed: int) -> Split:
    return last_out(people)


def _keep_back_random(people: People, seed: int) -> Split:
    return at_random(people, KEPT_BACK, seed)


def _time(data: TrainingData) -> EvaluationMasks:
    if not timed(data.people):
        raise EvaluationError(
            "Most interactions have no time, or all have the same: they cannot be split by time. "
            "Try --split random."
        )
    split = by_time(data.people, 1 - LATEST, 1.0)
    start = float(data.people.times[split.held_out].min(initial=np.inf))
    since = f", from {datetime.fromtimestamp(start, UTC):%Y-%m-%d} on" if start < np.inf else ""
    description = f"the latest {LATEST:.0%} of the interactions{since}"
    return EvaluationMasks(replace(split, description=description), split.known)


def _last(data: TrainingData) -> EvaluationMasks:
    split = last_out(data.people)
    return EvaluationMasks(split, split.known)


def _random(data: TrainingData) -> EvaluationMasks:
    split = at_random(data.people, HIDDEN, data.seed)
    description = f"{split.description}, times withheld"
    return EvaluationMasks(replace(split, description=description), split.known)


def _people(data: TrainingData) -> EvaluationMasks:
    unknown = _of_unknown_people(data)
    held_out = unknown & newest_share(data.people, HIDDEN)
    description = (
        f"the newest {HIDDEN:.0%} of the history of {UNKNOWN_SHARE:.0%} of the people, drawn at "
        "random, whom nothing was learnt from"
    )
    return EvaluationMasks(Split(~held_out, held_out, description), ~unknown)


def _cold_people(data: TrainingData) -> EvaluationMasks:
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


def _cold_items(data: TrainingData) -> EvaluationMasks:
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


SPLITS: Mapping[str, SplitMethod] = {
    "time": SplitMethod(_time, "time", FoldMethod(_time_folds, _keep_back_latest)),
    "last": SplitMethod(_last, "last", FoldMethod(_last_folds, _keep_back_last)),
    "people": SplitMethod(_people, "last"),
    "cold-people": SplitMethod(_cold_people, "random"),
    "cold-items": SplitMethod(_cold_items, "random"),
    "random": SplitMethod(
        _random, "random", FoldMethod(_random_folds, _keep_back_random), timeless=True
    ),
}
"""The ways to split the data, by name."""

HOLD_OUTS = tuple(name for name, method in SPLITS.items() if method.folds)
"""The names of those that a blend can be learnt on, and settings compared on."""
