from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import BoolArray, Histories, Items, People, TrainingData
from tastemaker.errors import EvaluationError, InputError
from tastemaker.holdout.evaluation_split import EvaluationSplit, make_evaluation_split
from tastemaker.holdout.methods import SPLITS

N_PEOPLE, N_ITEMS, LENGTH = 20, 12, 6
ALL = np.ones(N_ITEMS, dtype=np.bool_)


def data(timed: bool = True, n_people: int = N_PEOPLE) -> TrainingData:
    """Everyone chooses six items in a row, one a day, everybody beginning a day later."""
    items = (np.arange(n_people)[:, None] + np.arange(LENGTH)) % N_ITEMS
    days = np.arange(n_people)[:, None] + np.arange(LENGTH)
    times = days.astype(np.float64).ravel() * 86_400
    n = items.size
    histories = Histories(
        np.arange(n_people + 1, dtype=np.int64) * LENGTH,
        items.ravel().astype(np.int32),
        np.ones(n, dtype=np.float32),
        N_ITEMS,
    )
    people = People(
        histories,
        times if timed else np.full(n, np.nan),
        np.zeros(n, dtype=np.int16),
        np.ones(n, dtype=np.float32),
    )
    ids = tuple(f"item-{index}" for index in range(N_ITEMS))
    return TrainingData(Items(ids, ids, ("",) * N_ITEMS), people, seed=3)


def rows_of(made: EvaluationSplit, which: BoolArray) -> set[int]:
    return set(made.people.histories.rows[which].tolist())


def test_by_time_nothing_of_the_future_is_learnt() -> None:
    made = make_evaluation_split("time", data(), ALL)
    held_out = made.people.times[made.split.held_out]
    assert made.data.people.times.max() < held_out.min()
    assert "from 1970-01-" in made.description
    assert made.candidates.all()


def test_the_last_of_everyone() -> None:
    made = make_evaluation_split("last", data(), ALL)
    assert made.people.histories.ages[made.split.held_out].tolist() == [0] * N_PEOPLE
    assert len(made.data.people.times) == N_PEOPLE * (LENGTH - 1)


def test_at_random_everyone_gives_a_fifth() -> None:
    made = make_evaluation_split("random", data(), ALL)
    assert np.bincount(made.people.histories.rows[made.split.held_out]).tolist() == [1] * N_PEOPLE


def test_at_random_neither_times_nor_the_order_of_what_was_chosen_are_kept() -> None:
    given = data()
    made = make_evaluation_split("random", given, ALL)
    assert np.isnan(made.people.times).all()
    assert np.isnan(made.data.people.times).all()
    mixed, true = (people.histories.items for people in (made.people, given.people))
    assert mixed.tolist() != true.tolist()
    own = slice(0, LENGTH)
    assert sorted(mixed[own].tolist()) == sorted(true[own].tolist())


def test_unknown_people_are_to_choose_what_followed_and_never_learnt_from() -> None:
    made = make_evaluation_split("people", data(), ALL)
    unknown = rows_of(made, made.split.held_out)
    assert len(unknown) == 2
    assert len(made.data.people) == N_PEOPLE - 2
    assert made.people.histories.ages[made.split.held_out].tolist() == [0, 0]
    known = made.people.histories.rows[made.split.known]
    assert [np.count_nonzero(known == row) for row in unknown] == [LENGTH - 1] * 2


def test_of_cold_people_nothing_is_known() -> None:
    made = make_evaluation_split("cold-people", data(), ALL)
    unknown = rows_of(made, made.split.held_out)
    assert len(unknown) == 2
    assert not unknown & rows_of(made, made.split.known)
    assert made.split.held_out.sum() == 2 * LENGTH


def test_cold_items_come_after_all_others_and_only_they_may_be_shown() -> None:
    whole = data()
    made = make_evaluation_split("cold-items", whole, ALL)
    assert made.data.n_items == N_ITEMS - 1
    assert made.candidates.tolist() == [False] * (N_ITEMS - 1) + [True]
    cold = whole.items.ids[made.order[-1]]
    assert cold not in made.data.items.ids
    assert set(made.people.histories.items[made.split.held_out].tolist()) == {N_ITEMS - 1}
    before = [whole.items.ids[item] for item in whole.people.histories.items]
    after = [whole.items.ids[made.order[item]] for item in made.people.histories.items]
    assert before == after


@pytest.mark.parametrize("name", SPLITS)
def test_what_is_held_out_is_never_learnt(name: str) -> None:
    made = make_evaluation_split(name, data(), ALL)
    assert not (made.split.held_out & made.split.known).any()
    assert len(made.data.people.times) <= len(made.people.times) - made.split.held_out.sum()
    assert made.data.people.histories.lengths.min() > 0


@pytest.mark.parametrize("name", SPLITS)
def test_what_cannot_be_shown_is_not_held_out(name: str) -> None:
    available = np.arange(N_ITEMS) % 3 > 0
    try:
        made = make_evaluation_split(name, data(), available)
    except EvaluationError:
        assert name == "cold-items"  # the one item drawn is not available
        return
    held_out = made.people.histories.items[made.split.held_out]
    assert available[made.order[held_out]].all()


def test_by_time_where_there_are_times_and_else_at_random() -> None:
    assert make_evaluation_split(None, data(), ALL).name == "time"
    assert make_evaluation_split(None, data(timed=False), ALL).name == "random"


def test_an_unknown_split_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(InputError, match=r"no split 'tuesday'.*time, last, people"):
        make_evaluation_split("tuesday", data(), ALL)


def test_without_times_there_is_no_split_by_time() -> None:
    with pytest.raises(EvaluationError, match="--split random"):
        make_evaluation_split("time", data(timed=False), ALL)


def test_too_little_data_says_so() -> None:
    with pytest.raises(EvaluationError, match="1 people, 6 interactions"):
        make_evaluation_split("people", data(n_people=1), ALL)
