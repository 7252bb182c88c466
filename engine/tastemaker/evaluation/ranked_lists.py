"""Ranked lists: what serving recommends to people whose choices were held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits
from tastemaker.serving.exploration import Seeds
from tastemaker.serving.ranker import excluded_items
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
    """

    people: People
    items: Int64Array
    hits: BoolArray
    n_relevant: Int64Array

    def __len__(self) -> int:
        return len(self.items)


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
        cases: whom to recommend to; what they have seen is not shown.
        candidates: (n_items,) the items that may be shown.
        k: how many items each.
        seeds: (n,) what each person's draws start from; nothing new is let in without.
        exact: whether every item is scored, instead of the retrievers' candidates.
    """
    n, n_items = len(cases), len(candidates)
    excluded = ineligible_items(serving.catalogue) | ~candidates
    at_once = MOST_SCORES // max(n_items * (len(serving.ranker.members) + 1), 1)
    at_once = min(max(at_once, 1), MOST_AT_ONCE)
    items = np.full((n, k), -1, dtype=np.int64)
    hits = np.zeros((n, k), dtype=np.bool_)
    n_relevant = np.zeros(n, dtype=np.int64)
    for first in range(0, n, at_once):
        rows = np.arange(first, min(first + at_once, n))
        part = cases.select(rows)
        hidden = excluded_items(part.people, excluded) | part.seen.toarray()
        own_seeds = None if seeds is None else seeds[rows]
        ranking = serving.ranker.rank(part.people, hidden, k, own_seeds, exact, serving.reranking)
        best = ranking.best
        width = best.items.shape[1]
        items[rows, :width] = np.where(best.valid, best.items, -1)
        found, n_relevant[rows] = find_hits(part, best.items, best.valid, hidden)
        hits[rows, :width] = found
    return RankedLists(cases.people, items, hits, n_relevant)
