"""Small data whose right recommendations are known by reasoning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tastemaker.data import Histories, Items, People, TrainingData

PARITY = ("even", "odd")
ITEM_COLOURS = ("red", "green", "blue", "deep sea green", "grey")


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
    names = [PARITY[index % 2] for index in range(first, first + n_items)]
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


def assorted_items(n_items: int, first: int = 0) -> Items:
    """Items that differ in their words, and whose attributes are of every sort.

    `parity` is one text, `price` a number as text, `tags` are several values, and of each third
    item neither the `maker` nor a text is known.
    """
    plain, numbers = items_of(n_items, first), range(first, first + n_items)
    known = [index % 3 != 2 for index in numbers]
    return replace(
        plain,
        titles=tuple(f"{PARITY[index % 2]} thing {ITEM_COLOURS[index % 5]}" for index in numbers),
        texts=tuple(text if one else "" for text, one in zip(plain.texts, known, strict=True)),
        attributes={
            **plain.attributes,
            "price": tuple((f"{1.5 + 2 * index:g}",) for index in numbers),
            "tags": tuple((f"tag {index % 2}", f"tag {2 + index % 4}") for index in numbers),
            "maker": tuple((f"maker {index % 4}",) if index % 3 != 2 else () for index in numbers),
        },
    )


def assortment() -> TrainingData:
    """The people of the `checkerboard`, with all that people and items may have besides.

    Some chose an item again, times are uneven, kinds and values differ, and everybody has declared
    a `town` that tells the even from the odd, most an `age` and some several `hobbies`.
    """
    plain = checkerboard()
    own = np.split(plain.people.histories.items, plain.people.histories.indptr[1:-1])
    histories = [[*map(int, row), *map(int, row[: person % 3])] for person, row in enumerate(own)]
    hours = [
        [9e8 + 3600.0 * (31 * place * (place + person % 4) + person) for place in range(len(row))]
        for person, row in enumerate(histories)
    ]
    people = people_of(histories, plain.n_items, times=hours)
    numbers = np.arange(len(people.times))
    values = (1 + numbers % 5).astype(np.float32)
    kinds = (numbers % 3 == 1).astype(np.int16)
    weights = np.where(kinds, np.float32(0.5), np.float32(1))
    features = {
        "town": tuple((("Oslo", "Rome")[person % 2],) for person in range(len(people))),
        "age": tuple((str(20 + person),) * (person % 5 > 0) for person in range(len(people))),
        "hobbies": tuple(("chess", "tea")[: person % 3] for person in range(len(people))),
    }
    whole = replace(
        people,
        histories=replace(people.histories, values=values),
        kinds=kinds,
        weights=weights,
        features=features,
    )
    return TrainingData(assorted_items(plain.n_items), whole, ("purchase", "view"))
