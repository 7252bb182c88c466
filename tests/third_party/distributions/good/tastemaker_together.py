"""A stranger's recommender that works: items are as good as they are often chosen together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt

from tastemaker import People, Progress, Recommender, State, TrainingData, hookimpl

Float32Array = npt.NDArray[np.float32]
Int64Array = npt.NDArray[np.int64]


class Together(Recommender):
    """Counts, for each two items, the people who chose both."""

    name = "together"
    family = "collaborative"
    counts: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts the people."""
        presence = data.people.presence()
        self.counts = (presence.T @ presence).toarray()
        return self

    def score(self, people: People) -> Float32Array:
        """How often each item was chosen together with the history's."""
        return np.asarray(people.presence() @ self.counts, dtype=np.float32)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """The first interaction with each item of the history has its whole share."""
        rows, history = people.histories.rows, people.histories.items
        cells = rows * people.n_items + history
        first = np.zeros((len(history), 1), dtype=np.float32)
        first[np.unique(np.where(people.weights > 0, cells, -1), return_index=True)[1]] = 1
        first[people.weights <= 0] = 0
        shares: Float32Array = self.counts[history[:, np.newaxis], items[rows]] * first
        return shares

    def state(self) -> State:
        """The counts."""
        return State({"counts": self.counts})

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same recommender again."""
        restored = cls()
        restored.counts = state.arrays["counts"]
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `together`."""
    register(Together)
