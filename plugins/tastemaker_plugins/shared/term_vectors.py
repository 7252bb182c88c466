"""Items as sparse vectors of their terms, weighted by TF-IDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tastemaker import Float32Array, Int64Array, Items, State
from tastemaker_plugins.shared.terms import Edges, number_edges, term_counts

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class TermVectors:
    """The terms that distinguish items, and their inverse document frequency.

    A term (a word, a pair of words, an attribute's value or a step of a number) of an item has the
    weight (1 + log tf) * (floor + log((1 + n) / (1 + df))); vectors have length 1.

    Salton, G., Buckley, C.: Term-weighting approaches in automatic text retrieval. IPM 24(5), 1988.

    Attributes:
        vocabulary: (n_terms,) int64 hashes of the terms, ascending.
        rarity: (n_terms,) float32, the inverse document frequency of each, larger for rarer ones.
        edges: for each number attribute, the borders of its steps.
    """

    vocabulary: Int64Array
    rarity: Float32Array
    edges: Edges

    @classmethod
    def fitted(
        cls, items: Items, max_terms: int, min_items: int = 1, floor: float = 1.0
    ) -> tuple[Self, csr_array]:
        """The terms of items, and the items' vectors.

        Args:
            items: the items.
            max_terms: terms kept at most, those of the most items.
            min_items: how many items a term must have.
            floor: the rarity of a term that all items have.

        Returns:
            The terms, and sparse (n_items, n_terms) float32.
        """
        edges = number_edges(items.attributes)
        found = _flat(items, edges)
        terms, counts = np.unique(found.terms, return_counts=True)
        frequent = np.argsort(-counts, kind="stable")[:max_terms]
        kept = np.sort(frequent[counts[frequent] >= min_items])
        rarity = floor + np.log((1 + len(items)) / (1 + counts[kept]))
        fitted = cls(terms[kept], rarity.astype(np.float32), edges)
        return fitted, fitted._matrix(found, len(items))

    def of(self, items: Items) -> csr_array:
        """Sparse (len(items), n_terms) float32 rows of length 1; empty without known terms."""
        return self._matrix(_flat(items, self.edges), len(items))

    def _matrix(self, found: _Found, n_items: int) -> csr_array:
        from scipy.sparse import csr_array

        columns = np.searchsorted(self.vocabulary, found.terms)
        known = columns < len(self.vocabulary)
        known[known] = self.vocabulary[columns[known]] == found.terms[known]
        rows, columns = found.rows[known], columns[known]
        data = (1 + np.log(found.counts[known])) * self.rarity[columns]
        lengths = np.sqrt(np.bincount(rows, data**2, minlength=n_items))
        data = (data / lengths[rows]).astype(np.float32)
        indptr = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=n_items))))
        return csr_array(
            (data, columns.astype(np.int32), indptr), shape=(n_items, len(self.vocabulary))
        )

    def state(self) -> State:
        """Everything that `restored` needs."""
        edges: dict[str, Any] = {name: list(borders) for name, borders in self.edges.items()}
        return State({"vocabulary": self.vocabulary, "rarity": self.rarity}, {"edges": edges})

    @classmethod
    def restored(cls, state: State) -> Self:
        """The terms whose state was taken; other entries of the state do not matter."""
        values: dict[str, Any] = dict(state.values)
        return cls(state.arrays["vocabulary"], state.arrays["rarity"], values["edges"])


@dataclass(frozen=True)
class _Found:
    """Which term stands how often in which item: three arrays of the same length."""

    rows: Int64Array
    terms: Int64Array
    counts: Int64Array


def _flat(items: Items, edges: Edges) -> _Found:
    found = term_counts(items, edges)
    rows = np.repeat(np.arange(len(found)), [len(counts) for counts in found])
    terms = np.array([term for counts in found for term in counts], dtype=np.int64)
    counts = np.array([count for own in found for count in own.values()], dtype=np.int64)
    return _Found(rows, terms, counts)
