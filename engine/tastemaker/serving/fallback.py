"""The last resort: popularity counted by the engine itself, for where no member can score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from tastemaker.data import Float32Array, Int64Array, People, best_items


@dataclass(frozen=True)
class Fallback:
    """Scores by log(1 + how many people chose an item), the same for everybody.

    No plugin and no `Recommender`: it is neither fitted nor stored, and is there without plugins.

    Attributes:
        counts: (n_items,) float32 how many people chose each item.
        name: what it is called among the members of a release.
    """

    counts: Float32Array
    name: ClassVar[str] = "fallback"

    @cached_property
    def _scores(self) -> Float32Array:
        return np.log1p(self.counts)

    @cached_property
    def _ranked(self) -> Int64Array:
        """(n_items,) all items, the most popular first."""
        ranked: Int64Array = best_items(self._scores[np.newaxis], len(self.counts))[0]
        return ranked

    def score(self, people: People) -> tuple[Float32Array, str]:
        """(len(people), n_items) float32, the same row for everybody; there is never a problem."""
        return np.tile(self._scores, (len(people), 1)), ""

    def score_items(self, people: People, items: Int64Array) -> tuple[Float32Array, str]:
        """(len(people), width) float32 the scores of some items; there is never a problem."""
        return self._scores[items], ""

    def retrieve(self, people: People, k: int) -> tuple[Int64Array, str]:
        """(len(people), k) int64 the most popular items; there is never a problem."""
        best = np.full(k, -1, dtype=np.int64)
        best[: min(k, len(self._ranked))] = self._ranked[:k]
        return np.tile(best, (len(people), 1)), ""
