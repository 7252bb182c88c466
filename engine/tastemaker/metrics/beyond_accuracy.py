"""Beyond accuracy: coverage, novelty, diversity and popularity bias of ranked lists.

All functions take lists as (n, k) item indexes, best first, with -1 where a list ended early.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, People, sample_rows

HEAD, TAIL = 0.2, 0.2
"""The most popular items that make this share of the interactions, and the least popular ones
(the groups of Abdollahpouri et al., see `popularity_gap`)."""

SIMILARITY_SAMPLE = 5000
"""Two items are similar when the same people chose both: at most so many people are looked at.
Chosen, not measured."""


@dataclass(frozen=True)
class Past:
    """What was known of the items when the lists were made.

    Attributes:
        counts: (n_items,) float64 how many people had to do with each item.
        n_people: how many people there were.
        vectors: sparse (n_items, some people) float32 of length 1 each: who chose an item.
    """

    counts: Float64Array
    n_people: int
    vectors: csr_array

    @classmethod
    def of(cls, people: People, n_items: int, seed: int = 0) -> Past:
        """Of the people in the training data; items that none of them knew come after the others.

        Args:
            people: over the first items.
            n_items: how many items there are with those that came later.
            seed: which people are looked at for similarity, where there are many.
        """
        presence = people.presence()
        counts = np.bincount(presence.indices, minlength=n_items).astype(np.float64)
        rows = np.flatnonzero(np.diff(presence.indptr))
        rows = rows[sample_rows(len(rows), SIMILARITY_SAMPLE, np.random.default_rng(seed))]
        chosen = csr_array(presence[rows].T)
        degrees = np.diff(chosen.indptr)
        data = np.repeat(1 / np.sqrt(np.maximum(degrees, 1)), degrees).astype(np.float32)
        indptr = np.pad(chosen.indptr, (0, n_items - len(degrees)), mode="edge")
        vectors = csr_array((data, chosen.indices, indptr), shape=(n_items, len(rows)))
        return cls(counts, len(people), vectors)


def coverage(items: Int64Array, eligible: BoolArray) -> float:
    """The share of the eligible items, (n_items,) bool, which somebody is shown."""
    shown = np.unique(items[items >= 0])
    return len(shown) / max(int(eligible.sum()), 1)


def novelty(items: Int64Array, past: Past) -> Float64Array:
    """(n,) the mean surprise of a person's list, in bits: -log2 of the share who knew an item.

    An item that nobody knew counts as known to one. NaN where the list is empty. Zhou et al.:
    Solving the apparent diversity-accuracy dilemma of recommender systems. PNAS, 2010.
    """
    surprise = -np.log2(np.maximum(past.counts, 1) / max(past.n_people, 1))
    return _mean_of_list(np.append(surprise, 0.0)[items], items >= 0)


def diversity(items: Int64Array, past: Past) -> Float64Array:
    """(n,) 1 - the mean similarity of two items of a person's list; NaN with fewer than two items.

    Similarity is the cosine of who chose the items. Ziegler et al.: Improving recommendation lists
    through topic diversification. WWW, 2005.
    """
    listed = items >= 0
    lengths = listed.sum(axis=1)
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    n_items = past.vectors.shape[0]
    lists = csr_array(
        (np.ones(indptr[-1], dtype=np.float32), items[listed], indptr), (len(items), n_items)
    )
    sums = lists @ past.vectors
    sums.data **= 2
    own = (np.diff(past.vectors.indptr) > 0).astype(
        np.float32
    )  # an unknown item is similar to none
    similarity = sums.sum(axis=1) - lists @ own
    pairs = lengths * (lengths - 1.0)
    result = np.full(len(items), np.nan)
    np.divide(similarity, pairs, out=result, where=pairs > 0)
    return np.asarray(1.0 - result)


def popularity_gap(items: Int64Array, people: People, past: Past) -> Float64Array:
    """(n,) how far the popularity of a list is from that of the person's history: 0 (as it) to 1.

    The Jensen-Shannon divergence, in bits, of the shares that popular, middling and rare items
    have. Those without a history are compared with everybody. NaN where the list is empty.
    Abdollahpouri et al.: The unfairness of popularity bias in recommendation. RMSE, 2019.
    """
    group = np.eye(3)[groups(past.counts)]
    everybody = past.counts @ group
    history = people.presence() @ group
    history[history.sum(axis=1) == 0] = everybody if everybody.any() else 1.0
    shown = np.where(items[:, :, None] >= 0, group[items], 0.0).sum(axis=1)
    gaps = _divergence(_shares(history), _shares(shown))
    gaps[shown.sum(axis=1) == 0] = np.nan
    return gaps


def groups(counts: Float64Array) -> Int64Array:
    """(n_items,) 0 for the popular items, 1 for the middling, 2 for the rare ones (`HEAD`, `TAIL`).

    Equally popular items are of one group.
    """
    total = max(float(counts.sum()), 1.0)
    levels, place = np.unique(-counts, return_inverse=True)
    of_level = np.bincount(place, weights=counts)
    before = (np.cumsum(of_level) - of_level) / total
    group = (before >= HEAD).astype(np.int64) + (before >= 1 - TAIL - 1e-9)
    return np.asarray(np.where(levels == 0, 2, group)[place], dtype=np.int64)


def fifths(counts: Float64Array, eligible: BoolArray) -> list[Int64Array]:
    """Five groups of as many eligible items each (n_items,) bool; the most popular first."""
    items = np.flatnonzero(eligible)
    return np.array_split(items[np.argsort(-counts[items], kind="stable")], 5)


def reach(items: Int64Array, parts: list[Int64Array]) -> Float32Array:
    """(n_parts,) of each group of items, the share that somebody is shown."""
    shown = np.unique(items[items >= 0])
    return np.array(
        [np.isin(part, shown).mean() if len(part) else 0.0 for part in parts], np.float32
    )


def _mean_of_list(figures: Float64Array, listed: BoolArray) -> Float64Array:
    lengths = listed.sum(axis=1)
    sums = np.where(listed, figures, 0.0).sum(axis=1)
    result = np.full(len(figures), np.nan)
    np.divide(sums, lengths, out=result, where=lengths > 0)
    return result


def _shares(amounts: Float64Array) -> Float64Array:
    return np.asarray(amounts / np.maximum(amounts.sum(axis=1, keepdims=True), 1e-300))


def _divergence(first: Float64Array, second: Float64Array) -> Float64Array:
    middle = (first + second) / 2
    return np.asarray((_relative(first, middle) + _relative(second, middle)) / 2)


def _relative(shares: Float64Array, middle: Float64Array) -> Float64Array:
    ratio = np.divide(shares, middle, out=np.ones_like(shares), where=shares > 0)
    return np.asarray((shares * np.log2(ratio)).sum(axis=1))
