"""A stranger's recommender that raises while it is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt

from tastemaker import People, Progress, Recommender, State, TrainingData, hookimpl


class BrokenFit(Recommender):
    """A stranger's recommender that raises while it is trained."""

    name = "broken-fit"
    family = "popularity"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns nothing."""
        raise RuntimeError("the moon is in the wrong phase")

    def score(self, people: People) -> npt.NDArray[np.float32]:
        """The same for every item."""
        return np.ones((len(people), people.n_items), dtype=np.float32)

    def state(self) -> State:
        """Nothing."""
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same recommender again."""
        return cls()


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Brings `broken-fit`."""
    register(BrokenFit)
