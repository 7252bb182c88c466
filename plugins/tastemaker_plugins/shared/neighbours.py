"""Sparse item-item models: each item's few strongest links, and scoring histories by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tastemaker import BoolArray, Float32Array, Int32Array, People, Progress

AnyArray: TypeAlias = npt.NDArray[Any]

Rate: TypeAlias = Callable[[AnyArray, AnyArray, AnyArray], AnyArray]
"""Makes weights of links out of products, the items they lead from and those they lead to."""

SOURCES = 512
"""Items whose links are found at once: bounds the memory."""

LINKS = 200_000
"""Links followed at once when many people are scored: what the processor's cache holds. Chosen,
not measured."""

SCORE_CELLS = 4_000_000
"""Cells of a dense block: bounds the memory."""


class Neighbours:
    """Each item's strongest links, padded to the same number with links of weight 0.

    Args:
        items: (n_items, k) integers, where each link leads.
        weights: (n_items, k) float32, how strong it is.
        known: (n_items,) bool, items seen in training; the others cannot be scored.
    """

    def __init__(
        self, items: npt.NDArray[np.integer], weights: Float32Array, known: BoolArray
    ) -> None:
        self.items, self.weights, self.known = items, weights, known
        self._unknown = np.flatnonzero(~known)

    def spread(self, people: People, weights: Float32Array) -> Float32Array:
        """Scores every item: each interaction passes its weight along its item's links.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.

        Returns:
            (len(people), n_items) float32; NaN for unknown items, and for people whose history
            has no known item of positive weight.
        """
        histories, n_items = people.histories, len(self.items)
        counted = np.flatnonzero(self.known[histories.items] & (weights > 0))
        rows, items = histories.rows[counted], histories.items[counted]
        starts = np.searchsorted(rows, np.arange(len(people) + 1))
        scores = np.empty((len(people), n_items), dtype=np.float32)
        for first, last in score_blocks(starts, n_items, LINKS // max(1, self.items.shape[1])):
            part = slice(starts[first], starts[last])
            links = self.weights.take(items[part], axis=0)
            links *= weights[counted[part], np.newaxis]
            targets = self.items.take(items[part], axis=0)
            ends = ((starts[first : last + 1] - starts[first]) * links.shape[1]).astype(np.int32)
            paths = csr_array((links.ravel(), targets.ravel(), ends), shape=(last - first, n_items))
            scores[first:last] = paths.toarray()  # which sums the paths that meet
        if len(self._unknown):
            scores[:, self._unknown] = np.nan
        scores[np.diff(starts) == 0] = np.nan
        return scores

    def shares(self, people: People, weights: Float32Array, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the score of one item."""
        if not self.known[item_index]:
            return np.zeros(len(weights), dtype=np.float32)
        items = people.histories.items
        links = np.where(self.items[items] == item_index, self.weights[items], 0).sum(axis=1)
        shares: Float32Array = links.astype(np.float32) * weights * self.known[items]
        return shares

    def row(self, item_index: int) -> Float32Array:
        """(n_items,) the links of one item; NaN for unknown items."""
        links = np.bincount(self.items[item_index], self.weights[item_index], len(self.items))
        result = links.astype(np.float32)
        result[self._unknown] = np.nan
        if not self.known[item_index]:
            result[:] = np.nan
        return result

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Named arrays, for a State."""
        return {"items": self.items, "weights": self.weights, "known": self.known}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The neighbours whose `arrays` were taken."""
        return cls(arrays["items"], arrays["weights"], arrays["known"])


def score_blocks(starts: npt.NDArray[np.intp], n_items: int, step: int) -> list[tuple[int, int]]:
    """Ranges of people to score at once.

    Args:
        starts: (n_people + 1,) where each person's interactions start.
        n_items: how many items are scored.
        step: how many interactions a range may have, if it has more than one person.

    Returns:
        First person and the one after the last, of each range.
    """
    ranges, first, n_people = [], 0, len(starts) - 1
    widest = max(1, SCORE_CELLS // max(1, n_items))
    while first < n_people:
        last = int(np.searchsorted(starts, starts[first] + step, side="right")) - 1
        last = min(max(last, first + 1), first + widest, n_people)
        ranges.append((first, last))
        first = last
    return ranges


def nearest(
    back: csr_array, on: csr_array, k: int, rate: Rate, progress: Progress
) -> tuple[Int32Array, Float32Array]:
    """The strongest links between different items over the people they have in common.

    Args:
        back: (n_items, n_people) sparse, from an item to its people.
        on: (n_people, n_items) sparse, from people to their items.
        k: how many links to keep of each item.
        rate: makes the weights of links out of the products of `back` and `on`.
        progress: called with how far it is.

    Returns:
        (n_items, min(k, n_items)) int32 items and float32 weights, strongest first.
    """
    parts = [strongest(on[:0], k)]
    for first in range(0, back.shape[0], SOURCES):
        progress(first, back.shape[0], "nearest items")
        common = csr_array(back[first : first + SOURCES] @ on)
        sources = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr)) + first
        weights = rate(common.data, sources, common.indices)
        common.data = np.where(sources == common.indices, 0.0, weights)
        parts.append(strongest(common, k))
    items, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    return items, weights


def strongest(links: csr_array, k: int) -> tuple[Int32Array, Float32Array]:
    """The k largest positive links of each row, padded with links of weight 0 to item 0.

    Returns:
        (n_rows, min(k, n_columns)) int32 columns and float32 values, strongest first.
    """
    k = min(k, links.shape[1])
    items = np.zeros((links.shape[0], k), dtype=np.int32)
    weights = np.zeros((links.shape[0], k), dtype=np.float32)
    values = links.data.astype(np.float32)
    for row, (first, last) in enumerate(pairwise(links.indptr)):
        own = values[first:last]
        best = np.argpartition(-own, k)[:k] if len(own) > k else np.arange(len(own))
        # of equals the first item, whatever order the links came in
        best = best[np.lexsort((links.indices[first:last][best], -own[best]))]
        best = best[own[best] > 0]
        items[row, : len(best)] = links.indices[first:last][best]
        weights[row, : len(best)] = own[best]
    return items, weights
