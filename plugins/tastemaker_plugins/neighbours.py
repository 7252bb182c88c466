"""Sparse item-item models: each item's few strongest links, and scoring histories by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from tastemaker import People

Float32Array = npt.NDArray[np.float32]
Int32Array = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]

BLOCK = 4_000_000
"""Links spread at once when many people are scored: bounds the memory of a batch."""


@dataclass(frozen=True)
class Neighbours:
    """Each item's strongest links, padded to the same number with links of weight 0.

    Attributes:
        items: (n_items, k) int32, where each link leads.
        weights: (n_items, k) float32, how strong it is.
        known: (n_items,) bool, items seen in training; the others cannot be scored.
    """

    items: Int32Array
    weights: Float32Array
    known: BoolArray

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
        scores = np.empty((len(people), n_items), dtype=np.float32)
        step = max(1, BLOCK // max(1, self.items.shape[1]))
        for first, last in blocks(histories.indptr, step):
            part = slice(histories.indptr[first], histories.indptr[last])
            targets = (
                self.items[histories.items[part]]
                + ((histories.rows[part] - first) * n_items).astype(np.int32)[:, np.newaxis]
            )
            links = self.weights[histories.items[part]] * weights[part, np.newaxis]
            cells = (last - first) * n_items
            sums = np.bincount(targets.ravel(), links.ravel(), minlength=cells)
            scores[first:last] = sums.reshape(last - first, n_items)
        counted = self.known[histories.items] & (weights > 0)
        scores[np.bincount(histories.rows, counted, minlength=len(people)) == 0] = np.nan
        scores[:, ~self.known] = np.nan
        return scores

    def shares(self, people: People, weights: Float32Array, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the score of one item."""
        links = np.where(self.items == item_index, self.weights, 0).sum(axis=1, dtype=np.float32)
        shares: Float32Array = links[people.histories.items] * weights
        return shares

    def row(self, item_index: int) -> Float32Array:
        """(n_items,) the links of one item; NaN for unknown items."""
        links = np.bincount(self.items[item_index], self.weights[item_index], len(self.items))
        result = links.astype(np.float32)
        result[~self.known] = np.nan
        return result


def blocks(indptr: npt.NDArray[np.int64], step: int) -> list[tuple[int, int]]:
    """Ranges of people with at most `step` interactions together, or a single person."""
    ranges, first, n_people = [], 0, len(indptr) - 1
    while first < n_people:
        last = int(np.searchsorted(indptr, indptr[first] + step, side="right")) - 1
        last = min(max(last, first + 1), n_people)
        ranges.append((first, last))
        first = last
    return ranges


def strongest(links: csr_array, k: int) -> tuple[Int32Array, Float32Array]:
    """The k largest positive links of each row, padded with links of weight 0 to item 0.

    Returns:
        (n_rows, k) int32 columns and (n_rows, k) float32 values, strongest first; ties go to the
        lower column.
    """
    n_rows = links.shape[0]
    rows = np.repeat(np.arange(n_rows), np.diff(links.indptr))
    order = np.lexsort((links.indices, -links.data, rows))
    ranks = np.arange(len(order)) - links.indptr[rows[order]]
    keep = (ranks < k) & (links.data[order] > 0)
    items = np.zeros((n_rows, k), dtype=np.int32)
    weights = np.zeros((n_rows, k), dtype=np.float32)
    place = (rows[order][keep], ranks[keep])
    items[place] = links.indices[order][keep]
    weights[place] = links.data[order][keep]
    return items, weights
