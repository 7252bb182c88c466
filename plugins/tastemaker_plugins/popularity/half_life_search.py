"""Which half-life makes recent popularity predict best what people choose next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker import BoolArray, Float64Array, Int64Array, People, Progress
from tastemaker_plugins.shared.recency import SECONDS_A_DAY

HALF_LIVES = SECONDS_A_DAY * np.exp2(np.arange(13))
"""What is tried, in seconds: from a day to eleven years, each twice the one before. Chosen, not
measured."""

SEARCH_STARTS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""The shares of all interactions, in the order of time, that are known at each fold; chosen,
not measured."""

SEARCH_WIDTH = 0.05
"""The share of all interactions that is predicted at each fold; chosen, not measured."""

MOST_PEOPLE = 500
"""People evaluated at each fold, at most: bounds the time."""

LENGTH = 10
"""How long the lists are that are measured."""

DISCOUNTS = 1 / np.log2(np.arange(LENGTH) + 2)


@dataclass(frozen=True)
class Events:
    """Timed interactions, in the order of time unless noted otherwise: when, who and what."""

    times: Float64Array
    people: Int64Array
    items: Int64Array

    def __getitem__(self, part: slice) -> Events:
        return Events(self.times[part], self.people[part], self.items[part])

    def __len__(self) -> int:
        return len(self.times)

    def by_person(self) -> Events:
        """The same events, person by person."""
        order = np.argsort(self.people, kind="stable")
        return Events(self.times[order], self.people[order], self.items[order])

    def of_some(self, people: Int64Array) -> Events:
        """The events of some people alone."""
        theirs = np.isin(self.people, people)
        return Events(self.times[theirs], self.people[theirs], self.items[theirs])

    def of(self, person: int) -> Int64Array:
        """The items of a person, where events are ordered by person."""
        first, last = np.searchsorted(self.people, [person, person + 1])
        return self.items[first:last]


def best_half_life(people: People, progress: Progress) -> float:
    """The half-life in seconds whose worst fold of time is the best.

    At several folds, each half-life ranks the items by what came before, and is measured by how
    well the first ten that are new to a person predict what that person chose next (NDCG@10),
    relative to the best half-life of the same fold. What shines on one fold and fails on another
    loses to what holds on each; of equals the longest wins.
    """
    timed = np.isfinite(people.times) & (people.weights > 0)
    order = np.argsort(people.times[timed], kind="stable")
    histories = people.histories
    events = Events(
        people.times[timed][order],
        histories.rows[timed][order],
        histories.items[timed][order].astype(np.int64),
    )
    worst = np.ones(len(HALF_LIVES))
    for done, start in enumerate(SEARCH_STARTS):
        progress(done, len(SEARCH_STARTS), "recent popularity")
        here, end = (int(share * len(events)) for share in (start, start + SEARCH_WIDTH))
        gains = fold_gains(events[:here], events[here:end], people.n_items)
        if gains.any():
            worst = np.minimum(worst, gains / gains.max())
    return float(HALF_LIVES[len(worst) - 1 - worst[::-1].argmax()])


def fold_gains(before: Events, after: Events, n_items: int) -> Float64Array:
    """(n_half_lives,) the NDCG@10 of each half-life, fitted before and summed up after."""
    gains = np.zeros(len(HALF_LIVES))
    if not len(before):
        return gains
    rankings = _rankings(before, n_items)
    people = spread_sample(np.unique(after.people))
    earlier, later = (events.of_some(people).by_person() for events in (before, after))
    for person in people:
        seen, chosen = np.zeros(n_items, dtype=bool), np.zeros(n_items, dtype=bool)
        seen[earlier.of(person)] = True
        chosen[later.of(person)] = True
        chosen &= ~seen
        if chosen.any():
            gains += _person_gains(rankings, seen, chosen)
    return gains


def _person_gains(rankings: list[Int64Array], seen: BoolArray, chosen: BoolArray) -> Float64Array:
    """(n_half_lives,) the NDCG@10 of each ranking for one person, what was seen left out."""
    depth = LENGTH + int(seen.sum())
    ideal = DISCOUNTS[: chosen.sum()].sum()
    gains = np.zeros(len(rankings))
    for position, ranking in enumerate(rankings):
        top = ranking[:depth]
        hits = chosen[top[~seen[top]][:LENGTH]]
        gains[position] = DISCOUNTS[: len(hits)][hits].sum() / ideal
    return gains


def _rankings(before: Events, n_items: int) -> list[Int64Array]:
    """The items as each half-life ranks them, the best first."""
    weights = np.exp2((before.times - before.times[-1]) / HALF_LIVES[-1])
    rankings = []
    for _ in HALF_LIVES:
        counts = np.bincount(before.items, weights, minlength=n_items)
        rankings.append(np.argsort(-counts, kind="stable"))
        weights = weights * weights  # of half the half-life, and far quicker than a power
    return rankings[::-1]


def spread_sample(people: Int64Array) -> Int64Array:
    """At most `MOST_PEOPLE` of them, evenly spread."""
    if len(people) <= MOST_PEOPLE:
        return people
    return people[np.linspace(0, len(people) - 1, MOST_PEOPLE).astype(np.int64)]
