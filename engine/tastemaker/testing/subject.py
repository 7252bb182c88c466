"""What the checks are made of: a recommender's class, its settings, and data to learn from."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from tastemaker.data import People, TrainingData
from tastemaker.errors import PluginError
from tastemaker.recommender import Recommender
from tastemaker.settings import Settings
from tastemaker.testing.calling import called, wishing
from tastemaker.testing.demands import same, scored, trained
from tastemaker.testing.process_state import process_kept
from tastemaker.testing.samples import assorted_items, assortment, people_of

ADDED = 3
"""How many items the checks of `extend` add."""


@dataclass(frozen=True)
class Subject:
    """A recommender that is checked. Checks that get the same one share what it learnt.

    Attributes:
        kind: its class.
        settings: its settings; the class's defaults where None.
        data: what it learns from.
    """

    kind: type[Recommender]
    settings: Settings | None = None
    data: TrainingData = field(default_factory=assortment)

    @property
    def fitted(self) -> Recommender:
        """The recommender, fitted to the data."""
        return self._timed[0]

    @property
    def fit_seconds(self) -> float:
        """How long that took."""
        return self._timed[1]

    @cached_property
    def _timed(self) -> tuple[Recommender, float]:
        begun = time.perf_counter()
        fitted = self.trained(self.data)
        return fitted, time.perf_counter() - begun

    def trained(self, data: TrainingData) -> Recommender:
        """One that is fitted to other data."""
        return trained(self.kind, data, self.settings)

    def copied(self) -> Recommender:
        """The recommender that was fitted, so that nothing done to it in place reaches that."""
        try:
            return copy.deepcopy(self.fitted)
        except Exception:  # it holds what cannot be copied, such as a lock
            return self.fitted

    @property
    def extends(self) -> bool:
        """Whether it has a method of its own for items that came after training."""
        return self.kind.extend is not Recommender.extend

    @cached_property
    def extended(self) -> tuple[Recommender, People] | None:
        """One that took in more items, and people who had to do with them.

        None where `extend` is missing or unsound: `check_extend` tells of what is wrong.
        """
        try:
            return extension(self.copied(), self.data) if self.extends else None
        except PluginError:
            return None


def extension(recommender: Recommender, data: TrainingData) -> tuple[Recommender, People]:
    """A copy that took in more items, and people who had to do with them.

    Args:
        recommender: what is copied, as the engine does.
        data: what it was fitted to.

    Raises:
        PluginError: `extend` raises, changes what was copied, or gives no columns.
    """
    before, n_items = scored(recommender, data.people), data.n_items
    longer, items = copy.copy(recommender), assorted_items(ADDED, first=n_items)
    called("extend", lambda: longer.extend(items), f"{ADDED} items after {n_items}")
    people = people_of([[0, 1], [n_items], []], n_items + ADDED)
    with wishing(f"extend took in {ADDED} items, and each must have a column from then on"):
        scored(longer, people)
    wish = "extend must replace attributes and change none in place, because the original serves"
    same(scored(recommender, data.people), before, f"{wish}; its score")
    return longer, people


@dataclass(frozen=True)
class Check:
    """A check of the contract: call it with the class of a recommender.

    Attributes:
        judge: what it does; it raises PluginError.
    """

    judge: Callable[[Subject], None]

    @property
    def __name__(self) -> str:
        return self.judge.__name__

    @property
    def wish(self) -> str:
        """What it demands, in one line."""
        return (self.judge.__doc__ or "").strip().partition("\n")[0]

    def __call__(
        self,
        kind: type[Recommender],
        settings: Settings | None = None,
        data: TrainingData | None = None,
    ) -> None:
        """Checks a recommender.

        Args:
            kind: its class.
            settings: its settings; the class's defaults where None.
            data: what it learns from; `assortment()` where None.

        Raises:
            PluginError: what came back, and what the contract wants.
        """
        with process_kept():
            self.judge(Subject(kind, settings, assortment() if data is None else data))
