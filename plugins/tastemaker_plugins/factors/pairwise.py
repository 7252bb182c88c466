"""Pairwise training: interactions drawn, what the person chose beside them, and Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tastemaker import BoolArray, Float32Array, Int64Array, People

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CONTEXT = 20
"""Interactions beside one drawn that stand for the person; farther ones hardly count. Chosen, not
measured."""

AHEAD = 0.25
"""The share of interactions whose person is what came after them; chosen, not measured."""

START = 0.01
"""The sum of squares that Adagrad starts with, so that its first steps are not too long; chosen,
not measured."""


class Choices:
    """Interactions that have others of the same person beside them, to be drawn at random.

    Args:
        people: whose histories.
        strengths: (n_interactions,) float32; how likely each is to be drawn, of those above 0.
        half_life: interactions after which what came before or after counts half.
    """

    def __init__(self, people: People, strengths: Float32Array, half_life: float) -> None:
        histories = people.histories
        self._items, self._rows = histories.items, histories.rows
        self._n_items = histories.n_items
        self._starts = histories.indptr[histories.rows]
        self._ends = histories.indptr[1:][histories.rows]
        self._first = self._starts == np.arange(len(self._items))
        self._candidates = np.flatnonzero((self._ends - self._starts > 1) & (strengths > 0))
        drawn = np.where(self._first, AHEAD * strengths, strengths)[self._candidates]
        self._cumulative = np.cumsum(drawn, dtype=np.float64)
        self._decay = (1 / (1 + np.arange(CONTEXT) / half_life)).astype(np.float32)
        self._pairs = np.sort(self._rows * self._n_items + self._items)

    def __len__(self) -> int:
        return len(self._candidates)

    def draw(self, n: int, random: np.random.Generator) -> Int64Array:
        """(n,) positions of interactions, the stronger ones more often."""
        # in order, so that neighbours in memory are read together
        levels = np.sort(random.random(n)) * self._cumulative[-1]
        places = np.searchsorted(self._cumulative, levels, side="right")
        drawn: Int64Array = self._candidates[np.minimum(places, len(self._candidates) - 1)]
        return drawn

    def items(self, drawn: Int64Array) -> Int64Array:
        """(n,) the items chosen."""
        return self._items[drawn].astype(np.int64)

    def contexts(self, drawn: Int64Array, random: np.random.Generator) -> csr_array:
        """What came before each interaction, and after some of them.

        Looking ahead as well shows what goes with an item that people choose first, and keeps the
        order, which may mean nothing, from meaning everything. An item does not stand for itself,
        even if it was chosen twice.

        Returns:
            Sparse (n, n_items) float32: the weight of each item; rows add up to 1 or 0.
        """
        from scipy.sparse import csr_array

        ahead = self._first[drawn] | (random.random(len(drawn)) < AHEAD)
        steps = np.where(ahead, 1, -1)[:, np.newaxis] * np.arange(1, CONTEXT + 1)
        places = drawn[:, np.newaxis] + steps
        inside = (places >= self._starts[drawn, np.newaxis]) & (
            places < self._ends[drawn, np.newaxis]
        )
        items = self._items[np.where(inside, places, 0)]
        weights = self._decay * (inside & (items != self._items[drawn][:, np.newaxis]))
        sums = weights.sum(axis=1, keepdims=True)
        weights = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
        indptr = np.arange(0, weights.size + 1, CONTEXT)
        shape = (len(drawn), self._n_items)
        return csr_array((weights.ravel(), items.ravel(), indptr), shape=shape)

    def chosen(self, drawn: Int64Array, items: Int64Array) -> BoolArray:
        """(n,) whether the person of each interaction ever chose the item beside it."""
        pairs = self._rows[drawn] * self._n_items + items
        places = np.minimum(np.searchsorted(self._pairs, pairs), len(self._pairs) - 1)
        found: BoolArray = self._pairs[places] == pairs
        return found


class Adagrad:
    """Parameters that follow their gradients uphill, the often moved ones in ever smaller steps.

    Duchi, J., Hazan, E., Singer, Y.: Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization. JMLR 12, 2011.

    Args:
        values: float32; moved in place.
        learning_rate: the size of a step.
        start: (n,) float32 the sum of squares that each row starts with; START if not given.
    """

    def __init__(
        self, values: Float32Array, learning_rate: float, start: Float32Array | None = None
    ) -> None:
        self.values = values
        self._learning_rate = np.float32(learning_rate)
        self._squares = np.full_like(values, START)
        if start is not None:
            self._squares.T[:] = start
        self._spare = np.empty_like(values)

    def step(self, gradient: Float32Array) -> None:
        """One step along the gradient, which is overwritten."""
        np.multiply(gradient, gradient, out=self._spare)
        self._squares += self._spare
        np.sqrt(self._squares, out=self._spare)
        gradient *= self._learning_rate
        gradient /= self._spare
        self.values += gradient


def sums_by_item(places: csr_array, values: Float32Array) -> Float32Array:
    """(n_items, …) the values of each row of `places` added to its items, by their weights."""
    return np.asarray(places.T @ values, dtype=np.float32)


def side_by_side(
    items: Sequence[Int64Array], weights: Sequence[Float32Array], n_items: int
) -> csr_array:
    """Sparse (n, n_items): of each row, the items beside each other, and their weights."""
    from scipy.sparse import csr_array

    columns, data = np.column_stack(items), np.column_stack(weights)
    indptr = np.arange(0, columns.size + 1, columns.shape[1])
    return csr_array((data.ravel(), columns.ravel(), indptr), shape=(len(columns), n_items))
