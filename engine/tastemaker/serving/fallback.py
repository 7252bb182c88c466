"""The last resort: popularity counted by the engine itself, for where no member can score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tastemaker.data import Float32Array, People


@dataclass(frozen=True)
class Fallback:
    """Scores by log(1 + how many interactions an item has), the same for everybody.

    No plugin and no `Recommender`: it is neither fitted nor stored, and is there without plugins.

    Attributes:
        counts: (n_items,) float32 how many interactions each item has.
        name: what it is called among the members of a release.
    """

    counts: Float32Array
    name: ClassVar[str] = "fallback"

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32: the same row for everybody."""
        return np.tile(np.log1p(self.counts), (len(people), 1))
