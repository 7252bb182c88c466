"""The ways to hold interactions out: one registry for all that learns, tunes or evaluates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tastemaker.data import People, TrainingData
from tastemaker.errors import InputError
from tastemaker.holdout.evaluation_masks import (
    EvaluationMasks,
    cold_items_masks,
    cold_people_masks,
    last_masks,
    people_masks,
    random_masks,
    time_masks,
)
from tastemaker.holdout.splits import LAST, Split, at_random, by_time, last_out, timed

FOLD_STARTS = (0.9, 0.8, 0.7)
"""Where the rolling time folds begin, as shares of all interactions in the order of time.

Several, because weights chosen on one fold alone collapsed on the next on two data sets that were
kept aside (NDCG .163 on one of them, its best member .277). That there are three was chosen, not
measured."""

FOLD_WIDTH = 0.1
"""The share of the interactions that is held out in each fold. Chosen, not measured."""

KEPT_BACK = 0.1
"""The share of all interactions that tuning never sees: there `tastemaker evaluate` stays honest.
As large as `evaluation_masks.LATEST_SHARE`, so that it is the same interactions."""


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


SPLITS: Mapping[str, SplitMethod] = {
    "time": SplitMethod(time_masks, "time", FoldMethod(_time_folds, _keep_back_latest)),
    "last": SplitMethod(last_masks, "last", FoldMethod(_last_folds, _keep_back_last)),
    "people": SplitMethod(people_masks, "last"),
    "cold-people": SplitMethod(cold_people_masks, "random"),
    "cold-items": SplitMethod(cold_items_masks, "random"),
    "random": SplitMethod(
        random_masks, "random", FoldMethod(_random_folds, _keep_back_random), timeless=True
    ),
}
"""The ways to split the data, by name."""

HOLD_OUTS = tuple(name for name, method in SPLITS.items() if method.folds)
"""The names of those that a blend can be learnt on, and settings compared on."""

SEEN = ("exclude", "include")
"""What may become of items that people had chosen before: an evaluation shows none, or all."""
