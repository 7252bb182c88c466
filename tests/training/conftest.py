"""Data and recommenders whose training is known by thought."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import pytest

from tastemaker import People, Progress, State, TrainingData
from tastemaker.data import Float32Array
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Recommender
from tastemaker.testing import items_of, people_of
from tastemaker.training.fitting import choose
from tastemaker_plugins.item_item.item_knn import ItemKnn
from tastemaker_plugins.popularity.popular import Popular

DAY = 86_400.0


class Fixed(Recommender):
    """Scores items by their index, the same for everybody."""

    name: ClassVar[str] = "fixed"
    family: ClassVar[str] = "popularity"
    n_items: int

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learns how many items there are."""
        self.n_items = data.n_items
        return self

    def score(self, people: People) -> Float32Array:
        """The items' indexes."""
        return np.tile(np.arange(self.n_items, dtype=np.float32), (len(people), 1))

    def state(self) -> State:
        """How many items there are."""
        return State({}, {"n_items": self.n_items})

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same."""
        made = cls()
        made.n_items = int(str(state.values["n_items"]))
        return made


class Huge(Popular):
    """Needs a terabyte, by its own estimate."""

    name: ClassVar[str] = "huge"

    def memory(self, data: TrainingData) -> int:
        """A terabyte."""
        return 2**40

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Must not be called."""
        raise AssertionError("it was declined")


class Clueless(Popular):
    """Cannot estimate how much memory it needs."""

    name: ClassVar[str] = "clueless"

    def memory(self, data: TrainingData) -> int:
        """Fails."""
        raise ValueError("who knows")


class Slow(Popular):
    """Takes a little while, and reports its progress."""

    name: ClassVar[str] = "slow"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Sleeps."""
        for turn in range(100):
            progress(turn, 100, "sleeping")
            time.sleep(0.01)
        return super().fit(data, progress)


class Absent(Popular):
    """Cannot be trained here."""

    name: ClassVar[str] = "absent"
    requires: ClassVar[tuple[str, ...]] = ("no_such_module",)


OWN = (Fixed, Huge, Clueless, Slow, Absent)


@pytest.fixture
def registry() -> Registry:
    """The engine's recommenders and those above."""
    return Registry(OWN)


def named(registry: Registry, *names: str) -> list[Plugin]:
    """Recommenders with default settings."""
    return choose(registry, {}, names)


def community(n_people: int = 40, n_items: int = 12, length: int = 5) -> TrainingData:
    """Even people choose even items and odd ones odd ones, one a day, each starting elsewhere."""
    histories, times = list[Sequence[int]](), list[Sequence[float]]()
    for person in range(n_people):
        own = list(range(person % 2, n_items, 2))
        turn = person // 2 % len(own)
        histories.append((own[turn:] + own[:turn])[:length])
        times.append([DAY * day + 60.0 * person for day in range(length)])
    people = people_of(histories, n_items, times=times)
    return TrainingData(items_of(n_items), people)


KNN = ItemKnn.name
POPULAR = Popular.name
