"""The last resort: popularity held by the engine itself, which answers when nothing else can."""

from __future__ import annotations

from typing import Self

import numpy as np

from tastemaker.data import Float32Array, People, TrainingData
from tastemaker.recommender import Progress, Recommender, State


class Fallback(Recommender):
    """Scores by log(1 + how many interactions an item had), for everybody alike.

    Not a plugin: it must be there when no plugin is.
    """

    name = "fallback"
    family = "popularity"

    def __init__(self, counts: Float32Array) -> None:
        super().__init__()
        self.counts = counts

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts the interactions of each item."""
        items = data.people.histories.items
        self.counts = np.bincount(items, minlength=data.n_items).astype(np.float32)
        return self

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items): the same row for everybody."""
        return np.tile(np.log1p(self.counts), (len(people), 1))

    def state(self) -> State:
        """The counts."""
        return State(arrays={"counts": self.counts})

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same from its counts."""
        return cls(state.arrays["counts"])
