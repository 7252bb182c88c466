"""Measuring a ranking on held-out cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tastemaker.blend.ragged import stack_rows
from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits
from tastemaker.metrics.accuracy import Measures, measures


class Rank(Protocol):
    """Anything that recommends to people given as arrays."""

    def __call__(self, people: People, excluded: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
        """(n, k) item indexes, best first, and (n, k) which places hold an item.

        Args:
            people: with their histories.
            excluded: (n, n_items) items that must not be shown to a person.
            k: how many items each.
        """


def measure(cases: HeldOutCases, rank: Rank, cutoffs: Sequence[int] = (10, 20)) -> Measures:
    """What a ranking is worth to each person: every metric at every cutoff.

    Args:
        cases: the people.
        rank: what recommends; nobody is shown what they have seen.
        cutoffs: how long the lists are.
    """
    hits = [np.zeros((0, 0), dtype=np.bool_)]
    n_relevant = [np.zeros(0, dtype=np.int64)]
    for block in cases.blocks():
        excluded = block.seen.toarray()
        items, valid = rank(block.people, excluded, max(cutoffs))
        found, relevant = find_hits(block, items, valid, excluded)
        hits.append(found)
        n_relevant.append(relevant)
    return measures(stack_rows(hits), np.concatenate(n_relevant), cutoffs)
