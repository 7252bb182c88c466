"""Retrieving: the few items of each person that are worth scoring, found without scoring all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from tastemaker.blend import place_items
from tastemaker.data import BoolArray, Int64Array, People

WIDENINGS = 2
"""How often more items are retrieved for those of whose first ones too few may be shown. Chosen,
not measured: after that a scan of the catalogue costs about as much."""

WIDER = 4
"""How many times as many items are retrieved each time. Chosen, not measured."""


class Retriever(Protocol):
    """What can name the best items of people."""

    @property
    def name(self) -> str:
        """What it is called."""

    def retrieve(self, people: People, k: int) -> tuple[Int64Array | None, str]:
        """(n, k) item indexes, best first and -1 for none, or None and the problem."""


@dataclass(frozen=True)
class CandidateItems:
    """The candidates of each person: lists of uneven length, filled up at their end.

    Attributes:
        items: (n, width) int64 item indexes; 0 where not valid.
        valid: (n, width) which places hold a candidate.
    """

    items: Int64Array
    valid: BoolArray

    @property
    def width(self) -> int:
        """How many places a list has."""
        return int(self.items.shape[1])

    @cached_property
    def counts(self) -> Int64Array:
        """(n,) how many candidates each person has."""
        return np.asarray(np.count_nonzero(self.valid, axis=1), dtype=np.int64)

    def select(self, rows: Int64Array) -> CandidateItems:
        """Those of the people of the given rows."""
        return CandidateItems(self.items[rows], self.valid[rows])

    @classmethod
    def marked(cls, chosen: BoolArray) -> CandidateItems:
        """Those that (n, n_items) marks name."""
        return cls(*place_items(chosen, np.count_nonzero(chosen, axis=1)))


def no_items(n: int) -> CandidateItems:
    """Nothing, for `n` people."""
    return CandidateItems(np.zeros((n, 0), dtype=np.int64), np.zeros((n, 0), dtype=np.bool_))


@dataclass(frozen=True)
class Retrieved:
    """What the retrievers found.

    Attributes:
        candidates: the best `depth` of each retriever.
        further: what follows them where longer lists are wanted; nothing where not.
        short: (n,) bool the people who need a scan of the catalogue: more items may be shown to
            them than were found, and longer lists are wanted.
        problems: what kept a retriever out.
    """

    candidates: CandidateItems
    further: CandidateItems
    short: BoolArray
    problems: tuple[str, ...]


def retrieve_candidates(
    retrievers: Sequence[Retriever], people: People, excluded: BoolArray, depth: int, k: int
) -> Retrieved:
    """The candidates of each person, found by the retrievers.

    Args:
        retrievers: whose best items they are.
        people: whom to find them for.
        excluded: (n, n_items) the items that must not be shown to a person.
        depth: how many items each retriever brings.
        k: how long lists are wanted.
    """
    chosen = np.zeros(excluded.shape, dtype=np.bool_)
    more = np.zeros(excluded.shape, dtype=np.bool_) if k > depth else None
    unfinished, problems = np.zeros(len(people), dtype=np.bool_), []
    for retriever in retrievers:
        search = _Search(retriever, people, excluded, depth, max(depth, k))
        unfinished[search.mark(chosen, more)] = True
        problems.extend([f"{retriever.name} {search.problem}"] if search.problem else [])
    candidates = CandidateItems.marked(chosen)
    further = no_items(len(people)) if more is None else CandidateItems.marked(more & ~chosen)
    found = candidates.counts if more is None else candidates.counts + further.counts
    wanting = np.flatnonzero(found < k)
    eligible = excluded.shape[1] - np.count_nonzero(excluded[wanting], axis=1)
    unfinished[wanting] |= found[wanting] < eligible
    return Retrieved(candidates, further, unfinished, tuple(problems))


class _Search:
    """Asks one retriever for ever more items, until enough of them may be shown.

    Attributes:
        problem: what went wrong, if anything did.
    """

    def __init__(
        self, retriever: Retriever, people: People, excluded: BoolArray, depth: int, most: int
    ) -> None:
        self._retriever, self._people, self._excluded = retriever, people, excluded
        self._depth, self._most = depth, most
        self.problem = ""

    def mark(self, chosen: BoolArray, more: BoolArray | None) -> Int64Array:
        """Marks what it finds, and gives the rows for which there may be more to find.

        Args:
            chosen: (n, n_items) gets the best `depth` items.
            more: (n, n_items) gets the best `most`, where they are wanted.
        """
        n_items, rows = self._excluded.shape[1], np.arange(len(self._people))
        wanted = self._most + int(self._people.histories.lengths.max(initial=0))
        for _ in range(1 + WIDENINGS):
            wanted = min(wanted, n_items)
            rows = self._mark_best(rows, wanted, chosen, more)
            if not len(rows) or wanted == n_items:
                return rows[:0]
            wanted *= WIDER
        return rows

    def _mark_best(
        self, rows: Int64Array, wanted: int, chosen: BoolArray, more: BoolArray | None
    ) -> Int64Array:
        """Marks the best `wanted`, and gives the rows where too few of them may be shown."""
        everybody = len(rows) == len(self._people)
        people = self._people if everybody else self._people.select(rows)
        items, problem = self._retriever.retrieve(people, wanted)
        if items is None:
            self.problem = problem
            return rows[:0]
        own = rows[:, np.newaxis]
        # -1 stands for no item, and as an index for the last one: `shown` is false there
        shown = (items >= 0) & ~self._excluded[own, items]
        place = np.cumsum(shown, axis=1)
        self._set(chosen, rows, items, shown & (place <= self._depth))
        if more is not None:
            self._set(more, rows, items, shown & (place <= self._most))
        return rows[(items[:, -1] >= 0) & (place[:, -1] < self._most)]

    @staticmethod
    def _set(marks: BoolArray, rows: Int64Array, items: Int64Array, which: BoolArray) -> None:
        at, places = np.nonzero(which)
        marks[rows[at], items[at, places]] = True
