"""Measures: what a ranking is worth on a question, with intervals, and paired comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tastemaker.data import BoolArray, Float64Array, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases, blocks
from tastemaker.metrics.accuracy import METRICS

RESAMPLES = 2000
"""How often people are drawn anew for an interval."""

DRAWN_AT_ONCE = 100
"""How many of these draws are held in memory at once."""


class Rank(Protocol):
    """Anything that recommends to people given as arrays."""

    def __call__(self, people: People, excluded: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
        """(n, k) item indexes, best first, and (n, k) which of them are there.

        Args:
            people: with their histories.
            barred: (n, n_items) items that must not be shown.
            k: how many items each.
        """


@dataclass(frozen=True)
class Interval:
    """A mean over people, and where it would lie with other people.

    Attributes:
        mean: over the people there were.
        low, high: the bounds of the 95 % bootstrap interval.
    """

    mean: float
    low: float
    high: float


Measures = Mapping[str, Float64Array]
"""For each measure, as "ndcg@10", one figure a person."""


def measure(
    question: HeldOutCases,
    rank: Rank,
    cutoffs: Sequence[int] = (10, 20),
    forbidden: BoolArray | None = None,
) -> Measures:
    """What a ranking is worth to each person of a question: every metric at every cutoff.

    Args:
        question: whom to ask about.
        rank: what recommends.
        cutoffs: how long the lists are.
        forbidden: (n_items,) items that must not be shown to anybody.
    """
    hits, n_relevant = [], []
    for part in blocks(question):
        excluded = part.seen.toarray()
        if forbidden is not None:
            excluded |= forbidden
        right = part.chosen.toarray() & ~excluded
        items, there = rank(part.people, excluded, max(cutoffs))
        hits.append(right[np.arange(len(part))[:, None], items] & there)
        n_relevant.append(np.count_nonzero(right, axis=1))
    if not hits:
        return {f"{name}@{k}": np.zeros(0) for name in METRICS for k in cutoffs}
    return measures(np.concatenate(hits), np.concatenate(n_relevant), cutoffs)


def measures(hits: BoolArray, n_relevant: Int64Array, cutoffs: Sequence[int]) -> Measures:
    """Every metric at every cutoff of ranked lists: (n, depth) hits, (n,) how many are relevant."""
    figures: dict[str, Float64Array] = {}
    for name, metric in METRICS.items():
        figures |= {f"{name}@{k}": metric(hits, n_relevant, k) for k in cutoffs}
    return figures


def interval(figures: Float64Array, seed: int = 0) -> Interval:
    """The mean of one figure a person, with the 95 % bootstrap interval; NaN without people."""
    return intervals(figures[:, None], seed)[0]


def intervals(figures: Float64Array, seed: int = 0) -> list[Interval]:
    """The same for each column of (n_people, n_figures); all columns see the same people drawn.

    Efron, B.: Bootstrap Methods: Another Look at the Jackknife. Annals of Statistics, 1979.
    """
    n_people, n_figures = figures.shape
    if n_people == 0:
        return [Interval(np.nan, np.nan, np.nan)] * n_figures
    rng, means = np.random.default_rng(seed), np.empty((RESAMPLES, n_figures))
    for first in range(0, RESAMPLES, DRAWN_AT_ONCE):
        drawn = rng.integers(0, n_people, (DRAWN_AT_ONCE, n_people))
        drawn += np.arange(DRAWN_AT_ONCE)[:, None] * n_people
        counts = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        means[first : first + DRAWN_AT_ONCE] = counts @ figures / n_people
    bounds = np.quantile(means, (0.025, 0.975), axis=0).T.tolist()
    middle = figures.mean(axis=0).tolist()
    return [Interval(mean, low, high) for mean, (low, high) in zip(middle, bounds, strict=True)]


def compare(first: Float64Array, second: Float64Array, seed: int = 0) -> Interval:
    """How much better `first` is than `second` on the same people, person by person."""
    return interval(first - second, seed)
