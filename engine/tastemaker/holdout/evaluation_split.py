"""Exams: what may be learnt from, whom to ask, and what is right, for every way to split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from tastemaker.data import BoolArray, Histories, Int64Array, Items, People, TrainingData
from tastemaker.errors import EvaluationError, InputError
from tastemaker.holdout.splits import (
    Split,
    at_random,
    by_time,
    last_out,
    newest_part,
    some,
    timed,
)

LATEST = 0.1
"""The share of the interactions that the split by time asks for."""

DRAWN = 0.1
"""The share of people, or of items, that is drawn to be unknown."""

HIDDEN = 0.2
"""The share of a person's interactions that is asked for where histories are shown in part."""


@dataclass(frozen=True)
class EvaluationSplit:
    """One split of the data, made ready.

    Attributes:
        name: the split's name.
        basis: in words, what is asked.
        data: what may be learnt from; its items are the first of `order`.
        people: everyone, with every interaction, over all items in their new order.
        split: what is known of those who are asked, and what they are asked for.
        order: (n_items,) the index that each item had; those that may be learnt from come first.
        candidates: (n_items,) the items that may be shown, as far as the exam is concerned.
        hold_out: what the blend is to foretell while it learns: the like of what is asked.
    """

    name: str
    basis: str
    data: TrainingData
    people: People
    split: Split
    order: Int64Array
    candidates: BoolArray
    hold_out: str


@dataclass(frozen=True)
class Parts:
    """What a split makes of the interactions.

    Attributes:
        split: what is known of those who are asked, and what they are asked for.
        learnt: (n_interactions,) what may be learnt from.
        hold_out: the way of holding out that is most like it.
        new_items: (n_items,) items that come after training, where there are any.
    """

    split: Split
    learnt: BoolArray
    hold_out: str
    new_items: BoolArray | None = None


def make_evaluation_split(
    name: str | None, data: TrainingData, available: BoolArray
) -> EvaluationSplit:
    """The data split in the way of that name; see `SPLITS`.

    Args:
        name: by time where there are times, and at random otherwise, if not given.
        data: all there is; its seed draws whatever is drawn.
        available: (n_items,) which items may be shown; nobody is asked for others.

    Raises:
        InputError: no split has that name.
        EvaluationError: there is too little data for it.
    """
    chosen = name or ("time" if timed(data.people) else "random")
    if chosen not in SPLITS:
        known = ", ".join(SPLITS)
        raise InputError(f"There is no split {chosen!r}. Choose one of: {known}.")
    if chosen == "random":
        # what is asked lies anywhere in time: nothing must be said to come before or after it,
        # not even by the order it stands in
        data = replace(data, people=data.people.without_times().shuffled(data.seed))
    parts = SPLITS[chosen](data)
    histories = data.people.histories
    asked = parts.split.held_out & available[histories.items] & (data.people.weights > 0)
    if not parts.learnt.any() or not asked.any():
        raise EvaluationError(
            f"There is too little data for the split {chosen!r}: {len(histories):,} people, "
            f"{len(histories.items):,} interactions. Import more, or try another --split."
        )
    return _made(chosen, data, replace(parts, split=replace(parts.split, held_out=asked)))


def _made(name: str, data: TrainingData, parts: Parts) -> EvaluationSplit:
    new = np.zeros(data.n_items, dtype=np.bool_) if parts.new_items is None else parts.new_items
    order = np.argsort(new, kind="stable")
    n_known = data.n_items - int(new.sum())
    items, people = _in_order(data.items, data.people, order)
    learnt = people.take(parts.learnt, n_known)
    someone = learnt.select(np.flatnonzero(learnt.histories.lengths))
    known = replace(data, items=items[:n_known], people=someone)
    candidates = new[order] if parts.new_items is not None else ~new
    return EvaluationSplit(
        name, parts.split.basis, known, people, parts.split, order, candidates, parts.hold_out
    )


def _in_order(items: Items, people: People, order: Int64Array) -> tuple[Items, People]:
    if np.array_equal(order, np.arange(len(order))):
        return items, people
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    old = people.histories
    histories = Histories(old.indptr, place[old.items], old.values, old.n_items)
    return items.taken(order), replace(people, histories=histories)


def _time(data: TrainingData) -> Parts:
    if not timed(data.people):
        raise EvaluationError(
            "Most interactions have no time, or all have the same: they cannot be split by time. "
            "Try --split random."
        )
    split = by_time(data.people, 1 - LATEST, 1.0)
    start = float(data.people.times[split.held_out].min(initial=np.inf))
    since = f", from {datetime.fromtimestamp(start, UTC):%Y-%m-%d} on" if start < np.inf else ""
    basis = f"the latest {LATEST:.0%} of the interactions{since}"
    return Parts(replace(split, basis=basis), split.known, "time")


def _last(data: TrainingData) -> Parts:
    split = last_out(data.people)
    return Parts(split, split.known, "last")


def _random(data: TrainingData) -> Parts:
    split = at_random(data.people, HIDDEN, data.seed)
    basis = f"{split.basis}, times withheld"
    return Parts(replace(split, basis=basis), split.known, "random")


def _people(data: TrainingData) -> Parts:
    people = data.people
    strangers = some(len(people), DRAWN, data.seed)[people.histories.rows]
    asked = strangers & newest_part(people, HIDDEN)
    basis = (
        f"the newest {HIDDEN:.0%} of the history of {DRAWN:.0%} of the people, drawn at random, "
        "whom nothing was learnt from"
    )
    return Parts(Split(~asked, asked, basis), ~strangers, "last")


def _cold_people(data: TrainingData) -> Parts:
    people = data.people
    strangers = some(len(people), DRAWN, data.seed)[people.histories.rows]
    basis = f"all choices of {DRAWN:.0%} of the people, drawn at random, of whom nothing is known"
    return Parts(Split(~strangers, strangers, basis), ~strangers, "random")


def _cold_items(data: TrainingData) -> Parts:
    items = data.people.histories.items
    chosen = np.flatnonzero(np.bincount(items, minlength=data.n_items))
    new = np.zeros(data.n_items, dtype=np.bool_)
    new[chosen[some(len(chosen), DRAWN, data.seed)]] = True
    asked = new[items]
    basis = (
        f"{DRAWN:.0%} of the items, drawn at random, as if they had come after training; only "
        "these are shown"
    )
    return Parts(Split(~asked, asked, basis), ~asked, "random", new)


SPLITS: Mapping[str, Callable[[TrainingData], Parts]] = {
    "time": _time,
    "last": _last,
    "people": _people,
    "cold-people": _cold_people,
    "cold-items": _cold_items,
    "random": _random,
}
"""The ways to split the data, by name."""
