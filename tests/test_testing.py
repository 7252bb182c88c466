from __future__ import annotations

import random
from typing import Any, Self

import numpy as np
import pytest

from tastemaker import Int64Array, Items, People, Progress, Recommender, State, TrainingData
from tastemaker.errors import PluginError
from tastemaker.testing import (
    CONTRACT,
    check_description,
    check_dislikes,
    check_extend,
    check_fit_is_deterministic,
    check_inputs_stay,
    check_people_are_independent,
    check_process_stays,
    check_reasons,
    check_recommender,
    check_retrieve,
    check_score_items,
    check_scores,
    check_similar,
    check_small_data,
    check_state_round_trip,
    check_words,
    checkerboard,
    every_item,
    people_of,
    reasons_given,
    retrieved_share,
    trained,
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

    def reasons(self, people: People, items: Int64Array) -> Any:
        return np.ones((len(people.histories.items), items.shape[1]), dtype=np.float32)


class Former(Sound):
    """Gives reasons for one item at a time, as was wanted before."""

    def reasons(self, people: People, item_index: Any) -> Any:
        return self.counts[item_index] * np.ones(len(people.histories.items), dtype=np.float32)


class Single(Sound):
    """Gives the reasons of one item, whatever is wanted."""

    def reasons(self, people: People, items: Int64Array) -> Any:
        return np.zeros(len(people.histories.items), dtype=np.float32)


class Confident(Sound):
    """Scores of some items what it abstains from among all."""

    def score(self, people: People) -> Any:
        scores = super().score(people)
        scores[:, -1] = np.nan
        return scores

    def score_items(self, people: People, items: Int64Array) -> Any:
        return self.counts[items]


class Uniform(Sound):
    """Scores the items of the first person for everybody."""

    def score(self, people: People) -> Any:
        return super().score(people) + np.arange(people.n_items, dtype=np.float32)

    def score_items(self, people: People, items: Int64Array) -> Any:
        return np.repeat(self.score(people)[:1, items[0]], len(items), axis=0)


class Backwards(Sound):
    """Retrieves the worst first."""

    def score(self, people: People) -> Any:
        return np.repeat(np.arange(people.n_items, dtype=np.float32)[np.newaxis], len(people), 0)

    def retrieve(self, people: People, k: int) -> Any:
        return super().retrieve(people, k)[:, ::-1]


class Blind(Backwards):
    """Retrieves what is not among the best, in the right order."""

    def retrieve(self, people: People, k: int) -> Any:
        best = np.full((len(people), k), -1, dtype=np.int64)
        best[:, : people.n_items - 1] = np.arange(people.n_items - 2, -1, -1)[:k]
        return best


class Repetitive(Sound):
    """Retrieves one item again and again."""

    def retrieve(self, people: People, k: int) -> Any:
        return np.zeros((len(people), k), dtype=np.int64)


class Gapped(Sound):
    """Puts nothing before something."""

    def retrieve(self, people: People, k: int) -> Any:
        best = super().retrieve(people, k)
        best[:, : k // 2] = -1
        return best


class Fetching(Confident):
    """Retrieves what it cannot score."""

    def score_items(self, people: People, items: Int64Array) -> Any:
        return np.take_along_axis(self.score(people), items, axis=1)

    def retrieve(self, people: People, k: int) -> Any:
        best = super().retrieve(people, k)
        best[:, -1] = people.n_items - 1
        return best


class Careless(Sound):
    """Compares with the wrong number of items."""

    def similar(self, item_index: int) -> Any:
        return np.ones(3, dtype=np.float32)


class Late(Sound):
    """Says it takes in new items, and does not."""

    def extend(self, items: Items) -> None:
        self.counts = self.counts.copy()


class Grudging(Sound):
    """Counts what people dislike, and does not say so."""

    def score(self, people: People) -> Any:
        totals = np.bincount(people.histories.rows, people.weights, minlength=len(people))
        return super().score(people) + totals[:, np.newaxis].astype(np.float32)


class Positional(Sound):
    """Takes positions from the whole history, dislikes and all."""

    def score(self, people: People) -> Any:
        lengths = people.histories.lengths[:, np.newaxis].astype(np.float32)
        return super().score(people) * lengths


class Honest(Grudging):
    """Counts what people dislike, and says so."""

    name = "honest"
    uses_dislikes = True


class Feigning(Sound):
    """Says that it counts dislikes."""

    uses_dislikes = True


def test_a_recommender_may_count_dislikes_if_it_says_so() -> None:
    check_dislikes(Honest)


class Terse(Sound):
    """Says one thing of all items."""

    def words(self, people: People, items: Int64Array) -> Any:
        return [["good"] for _ in items]


def test_a_sound_recommender_passes_the_whole_contract() -> None:
    check_recommender(Sound)


@pytest.mark.parametrize(
    ("kind", "check", "wish"),
    [
        (Grudging, check_dislikes, "without uses_dislikes"),
        (Positional, check_dislikes, "take positions from people.ages"),
        (Feigning, check_dislikes, "must change a person's scores"),
        (Misnamed, check_description, "write it like 'item-knn'"),
        (Wide, check_scores, "float32, not float64"),
        (Infinite, check_scores, "infinite"),
        (Dice, check_fit_is_deterministic, "same result for the same data and seed"),
        (Crowd, check_people_are_independent, "who else is scored"),
        (Forgetful, check_state_round_trip, "what restore makes of state must score as before"),
        (Unstorable, check_state_round_trip, "type object"),
        (Meddler, check_inputs_stay, "times must not change"),
        (Seeder, check_process_stays, "random numbers"),
        (Fragile, check_small_data, "data with no interaction must not fail"),
        (Boastful, check_reasons, "reasons must add up to the score"),
        (Former, check_reasons, "must take a row of items for each person"),
        (Single, check_reasons, r"shape \(94,\) instead of \(94, 10\)"),
        (Confident, check_score_items, "what score gives them"),
        (Uniform, check_score_items, "what score gives them"),
        (Backwards, check_retrieve, "the best item first"),
        (Blind, check_retrieve, "of the best 1 it found 0%"),
        (Repetitive, check_retrieve, "name an item once"),
        (Gapped, check_retrieve, "-1 at the end of a row only"),
        (Fetching, check_retrieve, "an item that score cannot score"),
        (Careless, check_similar, r"shape \(3,\) instead of \(10,\)"),
        (Terse, check_words, "a text for each of 20 times 10 items"),
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


class Nearly(Sound):
    """Finds four of the best five, and stops."""

    def retrieve(self, people: People, k: int) -> Any:
        best = super().retrieve(people, k)
        best[:, 4:] = -1
        return best


def test_the_share_found_counts_what_is_left_out_if_it_scores_above_zero() -> None:
    recommender = trained(Nearly, checkerboard())
    people = people_of([[0]], 10)
    recommender.counts = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], dtype=np.float32)  # type: ignore[attr-defined]
    assert retrieved_share(recommender, people, 4) == 1.0
    assert retrieved_share(recommender, people, 5) == 4 / 5
    recommender.counts[4:] = 0  # type: ignore[attr-defined]
    assert retrieved_share(recommender, people, 5) == 1.0


def test_of_equals_each_is_as_good_as_another() -> None:
    recommender = trained(Sound, checkerboard())
    recommender.counts = np.ones(10, dtype=np.float32)  # type: ignore[attr-defined]
    assert retrieved_share(recommender, people_of([[0], [3]], 10), 4) == 1.0


def test_every_item_comes_for_each_person_in_another_order() -> None:
    items = every_item(people_of([[0], [1], []], 3))
    assert items.tolist() == [[0, 1, 2], [1, 2, 0], [2, 0, 1]]


def test_reasons_of_a_sound_recommender_are_given_as_they_are() -> None:
    people = people_of([[0, 1], []], 10)
    recommender = trained(Sound, checkerboard())
    assert reasons_given(recommender, people, np.array([[1, 2, 3]] * 2)).shape == (2, 3)
