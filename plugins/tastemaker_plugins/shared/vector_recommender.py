"""What recommenders have in common that score by the product of a profile and an item's vector."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from tastemaker import Float32Array, Int64Array, People, Recommender
from tastemaker_plugins.shared.half_precision import gathered
from tastemaker_plugins.shared.item_vectors import ItemVectors


class VectorRecommender(Recommender):
    """Scores items by their vectors: a subclass says what a history adds up to.

    Attributes:
        items: the vectors of the items.
    """

    retrieve_cost: ClassVar[float] = 10.0
    items: ItemVectors

    @abstractmethod
    def profiles(self, people: People) -> Float32Array:
        """(len(people), size) float32; NaN for people who cannot be scored."""

    def _profiles(self, people: People) -> Float32Array:
        """The profiles, made once for candidates and scores."""
        return people.once((self, self.items), lambda: self.profiles(people))

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for unknown items and who cannot be scored."""
        return self.items.scores(self._profiles(people))

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: what `score` gives some items of each person."""
        return self.items.score_items(self._profiles(people), items)

    def retrieve(self, people: People, k: int) -> Int64Array:
        """(len(people), k) int64: the best items, or nearly so where there are many."""
        return self.items.retrieve(self._profiles(people), k)

    def item_vectors(self, items: Int64Array) -> Float32Array:
        """(len(items), size) float32: the vectors of some items; zeros for unknown ones."""
        return gathered(self.items.vectors, items) * self.items.known[items][:, np.newaxis]

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the cosine of every item's vector with this one's."""
        return self.items.similar(item_index)
