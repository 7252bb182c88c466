from __future__ import annotations

from typing import ClassVar

import numpy as np

from tastemaker import Progress, State, TrainingData
from tastemaker.data import Int64Array, People
from tastemaker.recommender import no_progress
from tastemaker.training.expense import LARGE, NETWORK, SCAN, expense_of

from .conftest import Fixed, community


class Retrieving(Fixed):
    """Has a way of its own to retrieve."""

    name: ClassVar[str] = "retrieving"

    def retrieve(self, people: People, k: int) -> Int64Array:
        """The last items."""
        return np.tile(np.arange(self.n_items - 1, self.n_items - 1 - k, -1), (len(people), 1))


class Network(Retrieving):
    """Needs a module to train."""

    name: ClassVar[str] = "network"
    requires: ClassVar[tuple[str, ...]] = ("json",)


class Heavy(Fixed):
    """Has a large model."""

    name: ClassVar[str] = "heavy"

    def state(self) -> State:
        """Twice what counts as large."""
        return State({"weights": np.zeros(int(2 * LARGE), dtype=np.int8)})


class Lying(Fixed):
    """Fails where its size is looked at."""

    name: ClassVar[str] = "lying"

    def state(self) -> State:
        """Raises."""
        raise ValueError("no state today")


def test_what_scans_the_catalogue_costs_more_to_retrieve_with() -> None:
    data: TrainingData = community()
    progress: Progress = no_progress
    scanning, retrieving = (one().fit(data, progress) for one in (Fixed, Retrieving))
    assert expense_of(scanning).serve == expense_of(retrieving).serve == 1
    assert expense_of(scanning).retrieve == SCAN
    assert expense_of(retrieving).retrieve == 1


class Searching(Retrieving):
    """Says that it searches many vectors."""

    retrieve_cost: ClassVar[float] = 10.0


def test_a_recommender_says_what_its_way_to_retrieve_costs() -> None:
    assert expense_of(Searching()).retrieve == 10
    assert expense_of(Network()).retrieve == 1


def test_networks_and_large_models_cost_more() -> None:
    assert expense_of(Network()).serve == 1 + NETWORK
    assert expense_of(Network()).network and not expense_of(Heavy()).network
    assert expense_of(Heavy()).serve == 3


def test_one_that_fails_to_show_its_size_counts_as_small() -> None:
    assert expense_of(Lying()).serve == 1
