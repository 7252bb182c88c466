"""Ranked lists: what serving recommends to people whose choices were held out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits
from tastemaker.serving.exploration import Seeds
from tastemaker.serving.recommending import ineligible_items
from tastemaker.serving.state import ServingState

MOST_SCORES = 1 << 25
"""How many scores are held in memory at once, at most."""

MOST_AT_ONCE = 256
"""How many people are recommended to at once, at most."""


@dataclass(frozen=True)
class RankedLists:
    """What people were recommended, and what of it was right.

    Attributes:
        people: whom, with the histories that were shown to the recommenders.
        items: (n, k) int64 item indexes, best first; -1 where a list ended early.
        hits: (n, k) bool which of them the person went on to choose.
        n_relevant: (n,) how many items would have been right.
        repeated: (n, k) bool which of the items the person had chosen before; None where no such
            items may be shown.
        n_repeats: (n,) how many of the items that would have been right these are; None likewise.
    """

    people: People
    items: Int64Array
    hits: BoolArray
    n_relevant: Int64Array
    repeated: BoolArray | None = None
    n_repeats: Int64Array | None = None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def parts(self) -> dict[str, tuple[BoolArray, Int64Array]]:
        """The hits and numbers of right items of "repeats" and of "new" items, apart.

        Places are those of the whole list. Nothing where no repeats may be shown.
        """
        if self.repeated is None or self.n_repeats is None:
            return {}
        return {
            "repeats": (self.hits & self.repeated, self.n_repeats),
            "new": (self.hits & ~self.repeated, self.n_relevant - self.n_repeats),
        }


def recommend_to(
    serving: ServingState,
    cases: HeldOutCases,
    candidates: BoolArray,
    k: int,
    seeds: Seeds | None = None,
    exact: bool = False,
) -> RankedLists:
    """The lists for held-out cases, as an application would get them.

    Args:
        serving: what recommends; unavailable items are not shown.
        cases: whom to recommend to; what they have seen is not shown, unless it may come again.
        candidates: (n_items,) the items that may be shown.
        k: how many items each.
        seeds: (n,) what each person's draws start from; nothing new is let in without.
        exact: whether every item is scored, instead of the retrievers' candidates.
    """
    n, n_items = len(cases), len(candidates)
    ranker = serving.ranker_for(cases.repeats)
    excluded = ineligible_items(serving.catalogue) | ~candidates
    at_once = MOST_SCORES // max(n_items * (len(ranker.members) + 1), 1)
    at_once = min(max(at_once, 1), MOST_AT_ONCE)
    items = np.full((n, k), -1, dtype=np.int64)
    hits, repeated = np.zeros((2, n, k), dtype=np.bool_)
    n_relevant, n_repeats = np.zeros((2, n), dtype=np.int64)
    for first in range(0, n, at_once):
        rows = np.arange(first, min(first + at_once, n))
        part = cases.select(rows)
        hidden = part.seen.toarray() | excluded
        own_seeds = None if seeds is None else seeds[rows]
        best = ranker.rank(
            part.people, hidden, k, own_seeds, exact, reranking=serving.reranking
        ).best
        width = best.items.shape[1]
        items[rows, :width] = np.where(best.valid, best.items, -1)
        found, n_relevant[rows] = find_hits(part, best.items, best.valid, hidden)
        hits[rows, :width] = found
        if cases.repeats:
            known = part.people.presence().astype(np.bool_).toarray()
            n_repeats[rows] = find_hits(part, best.items, best.valid, hidden | ~known)[1]
            repeated[rows, :width] = np.take_along_axis(known, best.items, axis=1) & best.valid
    lists = RankedLists(cases.people, items, hits, n_relevant)
    return replace(lists, repeated=repeated, n_repeats=n_repeats) if cases.repeats else lists
