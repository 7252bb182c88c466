"""A stranger's recommender that answers with the wrong shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt

from tastemaker import People, Progress, Recommender, State, TrainingData, hookimpl


class BrokenShape(Recommender):
    """A stranger's recommender that answers with the wrong shape."""

    name = "broken-shape"
    family = "popularity"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns nothing."""
        return self

    def score(self, people: People) -> npt.NDArray[np.float32]:
        """The same for every item."""
        return np.ones((len(people), people.n_items + 1), dtype=np.float32)

    def state(self) -> State:
        """Nothing."""
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same recommender again."""
        return cls()


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `broken-shape`."""
    register(BrokenShape)
