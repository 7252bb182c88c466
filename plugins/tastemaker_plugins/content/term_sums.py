"""What the terms of one person's history have in common with those of every item."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tastemaker import Float32Array, Int32Array
from tastemaker_plugins.content.term_rows import TermRows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SCANNED = 2**17
"""Up to so many terms of all items together, all of them are read: that takes less than to look up
which items have which term. Chosen, not measured."""


class TermIndex:
    """The terms of all items, and the items of all terms where these are many.

    Args:
        vectors: sparse (n_items, n_terms) float32.
    """

    def __init__(self, vectors: csr_array) -> None:
        self.vectors = vectors

    @property
    def is_small(self) -> bool:
        """Whether all items are read whenever some are wanted."""
        return self.vectors.nnz <= SCANNED

    @cached_property
    def items_of_terms(self) -> csr_array:
        """Sparse (n_terms, n_items) float32; made when first needed."""
        return self.vectors.T.tocsr()

    def sums(self, items: Int32Array, weights: Float32Array) -> Float32Array:
        """(n_items,) float32: the weighted sum of some items' terms, times those of every item.

        Args:
            items: (n,) the items of a history.
            weights: (n,) float32 what each counts.
        """
        history = TermRows.of(self.vectors, items)
        amounts = history.values * np.repeat(weights, history.lengths)
        n_items, n_terms = self.vectors.shape
        if self.is_small:
            profile = np.bincount(history.terms, amounts, minlength=n_terms)
            return np.asarray(self.vectors @ profile.astype(np.float32))
        terms, places = np.unique(history.terms, return_inverse=True)
        profile = np.bincount(places, amounts, minlength=len(terms)).astype(np.float32)
        found = TermRows.of(self.items_of_terms, terms)
        products = found.values * np.repeat(profile, found.lengths)
        return np.bincount(found.terms, products, minlength=n_items).astype(np.float32)
