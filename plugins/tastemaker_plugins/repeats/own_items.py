"""The items of each person's own history, each once, and where scores of them go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker import BoolArray, Float32Array, Float64Array, Int64Array, People


@dataclass(frozen=True)
class OwnItems:
    """Each item that a person chose, once for each person; by person, then by item.

    Interactions whose kind has no positive weight do not count.

    Attributes:
        keys: (n_pairs,) int64 person * n_items + item, ascending.
        counting: (n_counting,) int64 the places of the interactions that count, pair after pair;
            of a pair the oldest first.
        starts: (n_pairs,) int64 where each pair's begin among those.
        n_people: how many people there are.
        n_items: how many items there are.
    """

    keys: Int64Array
    counting: Int64Array
    starts: Int64Array
    n_people: int
    n_items: int

    @classmethod
    def of(cls, people: People, timed: bool = False) -> OwnItems:
        """The items of the people's histories; where wanted, only what has a time counts."""
        histories, counts = people.histories, people.weights > 0
        if timed:
            counts &= np.isfinite(people.times)
        keys = histories.rows * people.n_items + histories.items
        order = np.argsort(keys, kind="stable")
        order = order[counts[order]]
        keys = keys[order]
        new = np.ones(len(keys), dtype=np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=new[1:])
        starts = np.flatnonzero(new)
        return cls(keys[starts], order, starts, len(people), people.n_items)

    @cached_property
    def people(self) -> Int64Array:
        """(n_pairs,) whose item each is."""
        return self.keys // max(1, self.n_items)

    @cached_property
    def items(self) -> Int64Array:
        """(n_pairs,) the items."""
        return self.keys - self.people * self.n_items

    @cached_property
    def lengths(self) -> Int64Array:
        """(n_pairs,) how many interactions of each count."""
        return np.diff(self.starts, append=len(self.counting))

    @property
    def without(self) -> BoolArray:
        """(n_people,) who has no item."""
        return np.asarray(np.bincount(self.people, minlength=self.n_people) == 0)

    def sums(self, amounts: Float64Array) -> Float64Array:
        """(n_pairs,) the amounts (n_counting,) of each pair's interactions, added up."""
        if not len(self.starts):
            return np.zeros(0)
        return np.add.reduceat(amounts, self.starts)

    def all_scores(self, scores: Float32Array) -> Float32Array:
        """(n_people, n_items) scores (n_pairs,) at their items; 0 elsewhere, NaN without items."""
        result = np.zeros((self.n_people, self.n_items), dtype=np.float32)
        result.ravel()[self.keys] = scores
        result[self.without] = np.nan
        return result

    def some_scores(self, scores: Float32Array, items: Int64Array) -> Float32Array:
        """(n_people, width) the same for some items (n_people, width) of each person."""
        result = np.zeros(items.shape, dtype=np.float32)
        if len(self.keys):
            wanted = items + (np.arange(self.n_people) * self.n_items)[:, np.newaxis]
            places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            result = scores[places] * (self.keys[places] == wanted)
        result[self.without] = np.nan
        return result

    def best(self, scores: Float32Array, k: int) -> Int64Array:
        """(n_people, k) each person's own items, the highest of the scores (n_pairs,) first."""
        people = self.people
        order = np.lexsort((-scores, people))
        counts = np.bincount(people, minlength=self.n_people)
        places = np.arange(len(order)) - (np.cumsum(counts) - counts)[people]
        kept = places < k
        result = np.full((self.n_people, k), -1, dtype=np.int64)
        result[people[kept], places[kept]] = self.items[order[kept]]
        return result

    def shares(
        self, people: People, amounts: Float64Array, scores: Float32Array, items: Int64Array
    ) -> Float32Array:
        """(n_interactions, width) the scores of some items, shared out to the interactions.

        Each interaction gets of its own item's score what its amount is of all amounts.

        Args:
            people: whose items these are.
            amounts: (n_counting,) above 0.
            scores: (n_pairs,).
            items: (n_people, width) of each person.
        """
        histories = people.histories
        parts = np.zeros(len(histories.items), dtype=np.float32)
        parts[self.counting] = amounts * np.repeat(scores / self.sums(amounts), self.lengths)
        named = items[histories.rows] == histories.items[:, np.newaxis]
        return np.where(named, parts[:, np.newaxis], np.float32(0))
