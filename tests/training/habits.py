"""People who buy the same again and again, and a recommender that counts what each one bought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from tastemaker import People, Progress, State, TrainingData
from tastemaker.data import Float32Array
from tastemaker.recommender import Recommender
from tastemaker.testing import items_of, people_of

DAY = 86_400.0
N_ITEMS = 40


class Counting(Recommender):
    """Scores what somebody chose by how often, and everything else 0."""

    name: ClassVar[str] = "counting"
    family: ClassVar[str] = "collaborative"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """There is nothing to learn."""
        return self

    def score(self, people: People) -> Float32Array:
        """How often each person chose each item."""
        counts: Float32Array = people.matrix().toarray()
        return counts

    def state(self) -> State:
        """Nothing."""
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same."""
        return cls()


def regulars(n_people: int = 80, days: int = 30) -> TrainingData:
    """On most days one of three usual items, in turn; every fifth day another one of their parity.

    Which are whose usual ones nobody else can tell: they lie anywhere among those of the parity.
    """
    rng = np.random.default_rng(0)
    histories, times = list[Sequence[int]](), list[Sequence[float]]()
    for person in range(n_people):
        own = rng.permutation(np.arange(person % 2, N_ITEMS, 2)).tolist()
        usual, others = own[:3], iter(own[3:])
        histories.append([next(others) if day % 5 == 4 else usual[day % 3] for day in range(days)])
        times.append([DAY * day + 60.0 * person for day in range(days)])
    return TrainingData(items_of(N_ITEMS), people_of(histories, N_ITEMS, times=times))
