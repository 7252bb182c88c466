"""What is new: the same list for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np

from tastemaker import Progress, Recommender, State, TrainingData, hookimpl
from tastemaker_plugins.popularity.popular import SameForAll
from tastemaker_plugins.shared.recency import SECONDS_A_DAY
from tastemaker_plugins.shared.support import makes_burst, people_by_item


class NewItems(SameForAll):
    """Newness: items by the time when they were chosen for the first time, the newest first.

    score(i) = -log(1 + days from the first interaction with i to the newest of all). Weak alone, it
    gives the blend what popularity cannot: of two items chosen alike, the newer one is on its way
    up. Items that too few people chose at a known time score NaN; see `makes_burst`.
    """

    name: ClassVar[str] = "new-items"
    former_names: ClassVar[tuple[str, ...]] = ("new-arrivals",)
    family: ClassVar[str] = "popularity"
    summary: ClassVar[str] = "What was chosen for the first time most recently"
    because: ClassVar[str] = "new here"

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Finds each item's first time."""
        people = data.people
        timed = np.isfinite(people.times) & (people.weights > 0)
        first = np.full(data.n_items, np.inf)
        np.minimum.at(first, people.histories.items[timed], people.times[timed])
        days = (people.times[timed].max(initial=-np.inf) - first) / SECONDS_A_DAY
        known = makes_burst(people_by_item(people.take(timed)))
        self.item_scores = np.full(data.n_items, np.nan, dtype=np.float32)
        self.item_scores[known] = -np.log1p(days[known])
        return self

    def state(self) -> State:
        """Newness, and which items have one."""
        known = np.isfinite(self.item_scores)
        return State({"newness": np.where(known, self.item_scores, 0), "known": known})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls()
        newness = np.where(state.arrays["known"], state.arrays["newness"], np.nan)
        restored.item_scores = newness.astype(np.float32)
        return restored


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `new-items`."""
    register(NewItems)
