"""Evaluation splits: what may be learnt from, who is evaluated, and what is relevant to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tastemaker.data import BoolArray, Histories, Int64Array, Items, People, TrainingData
from tastemaker.errors import EvaluationError, InputError
from tastemaker.holdout.evaluation_masks import EvaluationMasks
from tastemaker.holdout.methods import SPLITS, default_method
from tastemaker.holdout.splits import Split


@dataclass(frozen=True)
class EvaluationSplit:
    """One split of the data, made ready.

    Attributes:
        name: the split's name.
        description: in words, what is held out.
        data: what may be learnt from; its items are the first of `order`.
        people: everyone, with every interaction, over all items in their new order.
        split: what is known of the people evaluated, and what they are to choose.
        order: (n_items,) int64 the index that each item had; those that may be learnt from come
            first.
        candidates: (n_items,) the items that may be recommended, as far as the split is concerned.
        hold_out: the folds that the blend learns on: the likest to this split; see `make_folds`.
    """

    name: str
    description: str
    data: TrainingData
    people: People
    split: Split
    order: Int64Array
    candidates: BoolArray
    hold_out: str


def make_evaluation_split(
    name: str | None, data: TrainingData, available: BoolArray
) -> EvaluationSplit:
    """The data split in the way of that name; see `SPLITS`.

    Args:
        name: by time where there are times, and at random otherwise, if not given.
        data: all there is; its seed draws whatever is drawn.
        available: (n_items,) which items may be shown; no others are held out.

    Raises:
        InputError: no split has that name.
        EvaluationError: there is too little data for it.
    """
    chosen = name or default_method(data.people)
    if chosen not in SPLITS:
        known = ", ".join(SPLITS)
        raise InputError(f"There is no split {chosen!r}. Choose one of: {known}.")
    if SPLITS[chosen].timeless:
        # not even the order that interactions stand in may tell which came first
        data = replace(data, people=data.people.without_times().shuffled(data.seed))
    masks = SPLITS[chosen].evaluation(data)
    histories = data.people.histories
    held_out = masks.split.held_out & available[histories.items] & (data.people.weights > 0)
    if not masks.training.any() or not held_out.any():
        raise EvaluationError(
            f"There is too little data for the split {chosen!r}: {len(histories):,} people, "
            f"{len(histories.items):,} interactions. Import more, or try another --split."
        )
    return _apply(chosen, data, replace(masks, split=replace(masks.split, held_out=held_out)))


def _apply(name: str, data: TrainingData, masks: EvaluationMasks) -> EvaluationSplit:
    none_new = np.zeros(data.n_items, dtype=np.bool_)
    new = none_new if masks.new_items is None else masks.new_items
    order = np.argsort(new, kind="stable")
    n_known = data.n_items - int(new.sum())
    items, people = _reorder_items(data.items, data.people, order)
    training = people.take(masks.training, n_known)
    with_history = training.select(np.flatnonzero(training.histories.lengths))
    return EvaluationSplit(
        name,
        masks.split.description,
        replace(data, items=items[:n_known], people=with_history),
        people,
        masks.split,
        order,
        ~new if masks.new_items is None else new[order],
        SPLITS[name].hold_out,
    )


def _reorder_items(items: Items, people: People, order: Int64Array) -> tuple[Items, People]:
    if np.array_equal(order, np.arange(len(order))):
        return items, people
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    old = people.histories
    histories = Histories(old.indptr, place[old.items], old.values, old.n_items)
    return items.taken(order), replace(people, histories=histories)
