"""Small data whose right recommendations are known by reasoning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.data import Histories, Items, People, TrainingData


def people_of(
    histories: Sequence[Sequence[int]],
    n_items: int,
    *,
    times: Sequence[Sequence[float]] | None = None,
    weights: Sequence[Sequence[float]] | None = None,
) -> People:
    """People with the given histories of item indexes, oldest first.

    Args:
        histories: the items of each person.
        n_items: how many items there are.
        times: seconds since 1970 of each interaction; a day after the other where not given.
        weights: the weight of each interaction's kind; 1 where not given.
    """
    indptr = np.cumsum([0, *map(len, histories)]).astype(np.int64)
    items = np.array([item for history in histories for item in history], dtype=np.int32)
    if times is None:
        times = [[86_400.0 * (day + 1) for day in range(len(history))] for history in histories]
    flat_times = np.array([time for row in times for time in row], dtype=np.float64)
    flat_weights = np.ones(len(items), dtype=np.float32)
    if weights is not None:
        flat_weights = np.array([weight for row in weights for weight in row], dtype=np.float32)
    chosen = Histories(indptr, items, np.ones(len(items), dtype=np.float32), n_items)
    return People(chosen, flat_times, np.zeros(len(items), dtype=np.int16), flat_weights)


def items_of(n_items: int, first: int = 0) -> Items:
    """Items of which the even ones and the odd ones have text and attributes in common."""
    names = [("even", "odd")[index % 2] for index in range(first, first + n_items)]
    return Items(
        ids=tuple(f"item-{index}" for index in range(first, first + n_items)),
        titles=tuple(f"{name} thing" for name in names),
        texts=tuple(f"an {name} thing among {name} things" for name in names),
        attributes={"parity": tuple((name,) for name in names)},
    )


def checkerboard(n_people: int = 20, n_items: int = 10) -> TrainingData:
    """Even people chose the even items and odd people the odd ones, each leaving out one.

    Person p left out item p modulo `n_items`, so the right recommendation is known by reasoning.
    The last person has no history.
    """
    histories = [
        [item for item in range(n_items) if item % 2 == person % 2 and item != person % n_items]
        for person in range(n_people - 1)
    ]
    return TrainingData(items_of(n_items), people_of([*histories, []], n_items))
