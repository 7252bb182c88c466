"""Which few items each item is predicted from, and what these have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from tastemaker import Float32Array, Int64Array
from tastemaker_plugins.item_item.gram import gram_memory, gram_of
from tastemaker_plugins.shared.neighbours import strongest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

WHOLE_GRAM_ITEMS = 12_000
"""Up to so many items the co-occurrence of all of them is one dense matrix, of 576 MB at most."""

TARGETS = 128
"""Items whose co-occurrence with all others is held at once where it is sparse: bounds the memory.
Chosen, not measured."""


@dataclass(frozen=True)
class Systems:
    """What some targets are predicted from; a system of equations for each.

    Attributes:
        predictors: (n_targets, k) int64 the items to predict each from.
        inner: (k, n_targets, k) float32 the co-occurrence of the t-th predictor of each target with
            all predictors of that target.
        cross: (n_targets, k) float32 the co-occurrence of each predictor with its target; 0 where
            the predictor only fills up.
    """

    predictors: Int64Array
    inner: Float32Array
    cross: Float32Array


class CoOccurrence(Protocol):
    """Co-occurrence of n items: X'X of their columns."""

    @property
    def squares(self) -> Float32Array:
        """(n,) float32: that of each item with itself."""

    def systems(self, targets: Int64Array, k: int) -> Systems:
        """The systems of some items, over the `k` that are most alike (cosine) to each."""


@dataclass(frozen=True)
class DenseCoOccurrence:
    """All of it in one matrix.

    Attributes:
        gram: (n, n) float32.
    """

    gram: Float32Array

    @property
    def squares(self) -> Float32Array:
        """(n,) float32: that of each item with itself."""
        return np.diag(self.gram)

    def systems(self, targets: Int64Array, k: int) -> Systems:
        """The systems of some items, over the `k` that are most alike (cosine) to each."""
        cosines = self.gram[targets] / np.sqrt(self.squares)
        cosines[np.arange(len(targets)), targets] = -1.0
        predictors = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        inner = self.gram[np.ascontiguousarray(predictors.T)[:, :, np.newaxis], predictors]
        return Systems(predictors, inner, self.gram[targets[:, np.newaxis], predictors])


@dataclass(frozen=True)
class SparseCoOccurrence:
    """Worked out where it is needed, for as many items as there are.

    Attributes:
        matrix: sparse (n_people, n) float32, how strongly each person chose each item.
        back: the same, transposed.
        squares: (n,) float32, the co-occurrence of each item with itself.
    """

    matrix: csr_array
    back: csr_array
    squares: Float32Array

    @classmethod
    def of(cls, matrix: csr_array) -> Self:
        """That of the columns of a sparse matrix (n_people, n)."""
        squares = np.asarray(matrix.multiply(matrix).sum(axis=0), dtype=np.float32).ravel()
        return cls(matrix, matrix.T.tocsr(), squares)

    def systems(self, targets: Int64Array, k: int) -> Systems:
        """The systems of some items, over the `k` that are most alike (cosine) to each."""
        parts = [self._alike(targets[first : first + TARGETS], k) for first in _starts(targets)]
        predictors, cross = (np.concatenate(part) for part in zip(*parts, strict=True))
        inner = np.empty((k, len(targets), k), dtype=np.float32)
        for place, own in enumerate(predictors):
            columns = self.back[own]
            inner[:, place] = (columns @ columns.T).toarray()
        return Systems(predictors, inner, cross)

    def _alike(self, targets: Int64Array, k: int) -> tuple[Int64Array, Float32Array]:
        """(n, k) the items most alike to each target, and their co-occurrence with it."""
        norms = np.sqrt(self.squares)
        common = (self.back[targets] @ self.matrix).tocsr()
        itself = np.repeat(targets, np.diff(common.indptr)) == common.indices
        common.data = np.where(itself, 0, common.data / norms[common.indices])
        items, cosines = strongest(common, k)
        return items.astype(np.int64), cosines * norms[items]


def _starts(targets: Int64Array) -> range:
    return range(0, max(1, len(targets)), TARGETS)


def co_occurrence_of(matrix: csr_array) -> CoOccurrence:
    """The co-occurrence of the columns of a sparse matrix (n_people, n)."""
    if matrix.shape[1] <= WHOLE_GRAM_ITEMS:
        return DenseCoOccurrence(gram_of(matrix))
    return SparseCoOccurrence.of(matrix)


def co_occurrence_memory(n_items: int, n_interactions: int) -> int:
    """Bytes that `co_occurrence_of` and one call of `systems` take at most.

    Args:
        n_items: how many items.
        n_interactions: how many entries the matrix has at most.
    """
    if n_items <= WHOLE_GRAM_ITEMS:
        return gram_memory(n_items)
    return 24 * n_interactions + 40 * TARGETS * n_items
