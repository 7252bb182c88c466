from __future__ import annotations

import random
from typing import Any, Self

import numpy as np
import pytest

from tastemaker import Items, People, Progress, Recommender, State, TrainingData
from tastemaker.errors import PluginError
from tastemaker.testing import (
    CONTRACT,
    check_description,
    check_extend,
    check_fit_is_deterministic,
    check_inputs_stay,
    check_people_are_independent,
    check_process_stays,
    check_reasons,
    check_recommender,
    check_scores,
    check_similar,
    check_small_data,
    check_state_round_trip,
    checkerboard,
)


class Sound(Recommender):
    """Counts; breaks nothing."""

    name = "sound"
    family = "popularity"
    counts: Any

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        histories = data.people.histories
        self.counts = np.bincount(histories.items, minlength=data.n_items).astype(np.float32)
        return self

    def score(self, people: People) -> Any:
        return np.repeat(self.counts[np.newaxis], len(people), axis=0)

    def state(self) -> State:
        return State({"counts": self.counts})

    @classmethod
    def restore(cls, state: State) -> Self:
        restored = cls()
        restored.counts = state.arrays["counts"]
        return restored


class Misnamed(Sound):
    """Has a name that is none."""

    name = "Mis Named"


class Wide(Sound):
    """Answers with the wrong type."""

    def score(self, people: People) -> Any:
        return super().score(people).astype(np.float64)


class Infinite(Sound):
    """Answers with infinity."""

    def score(self, people: People) -> Any:
        return super().score(people) + np.inf


class Dice(Sound):
    """Learns something else each time."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        super().fit(data, progress)
        self.counts = np.random.default_rng().random(data.n_items).astype(np.float32)
        return self


class Crowd(Sound):
    """Scores people by who else is there."""

    def score(self, people: People) -> Any:
        return super().score(people) * np.float32(len(people))


class Forgetful(Sound):
    """Does not come back as it was."""

    def state(self) -> State:
        return State({"counts": np.zeros_like(self.counts)})


class Unstorable(Sound):
    """Has a state that cannot be stored."""

    def state(self) -> State:
        return State({"counts": self.counts.astype(object)})


class Meddler(Sound):
    """Changes what it was given."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        data.people.times.flags.writeable = True
        data.people.times[:] = 0.0
        return super().fit(data, progress)


class Seeder(Sound):
    """Draws from everybody's random numbers."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        random.random()
        return super().fit(data, progress)


class Fragile(Sound):
    """Wants at least one interaction."""

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        data.people.times.max()
        return super().fit(data, progress)


class Boastful(Sound):
    """Gives reasons that are not its own."""

    def reasons(self, people: People, item_index: int) -> Any:
        return np.ones(len(people.histories.items), dtype=np.float32)


class Careless(Sound):
    """Compares with the wrong number of items."""

    def similar(self, item_index: int) -> Any:
        return np.ones(3, dtype=np.float32)


class Late(Sound):
    """Says it takes in new items, and does not."""

    def extend(self, items: Items) -> None:
        self.counts = self.counts.copy()


def test_a_sound_recommender_passes_the_whole_contract() -> None:
    check_recommender(Sound)


@pytest.mark.parametrize(
    ("kind", "check", "wish"),
    [
        (Misnamed, check_description, "write it like 'item-knn'"),
        (Wide, check_scores, "float32, not float64"),
        (Infinite, check_scores, "infinite"),
        (Dice, check_fit_is_deterministic, "same result for the same data and seed"),
        (Crowd, check_people_are_independent, "who else is scored"),
        (Forgetful, check_state_round_trip, "score as the recommender whose state was taken"),
        (Unstorable, check_state_round_trip, "type object"),
        (Meddler, check_inputs_stay, "times must not change"),
        (Seeder, check_process_stays, "random numbers"),
        (Fragile, check_small_data, "data with no interaction must not fail"),
        (Boastful, check_reasons, "reasons must add up to the score"),
        (Careless, check_similar, r"shape \(3,\) instead of \(10,\)"),
        (Late, check_extend, r"shape \(3, 10\) instead of \(3, 13\)"),
    ],
)
def test_a_breach_is_found_and_the_contract_named(
    kind: type[Recommender], check: Any, wish: str
) -> None:
    assert check in CONTRACT
    with pytest.raises(PluginError, match=wish):
        check(kind)


def test_on_the_checkerboard_everybody_leaves_out_one_item_of_their_colour() -> None:
    data = checkerboard()
    dense = data.people.presence().toarray()
    assert dense[2].tolist() == [1, 0, 0, 0, 1, 0, 1, 0, 1, 0]
    assert dense[3].tolist() == [0, 1, 0, 0, 0, 1, 0, 1, 0, 1]
    assert not dense[-1].any()
