from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from tastemaker import People, TrainingData
from tastemaker.data import Int64Array
from tastemaker.testing import items_of, people_of
from tastemaker.training.bursts import SLICES, growth_that_lasts, in_bursts, sliced
from tastemaker.training.data_quality import examine

STEADY, RISING, OTHER, THIRD = 4, 4, 5, 6
A_SLICE = 100
Shares = Sequence[Mapping[int, int]]
"""How many of the hundred choices of each slice go to which item, besides the steady ones."""


def world(shares: Shares, a_slice: int = A_SLICE, *, timed: bool = True) -> People:
    """Everybody chooses one item: in each slice some of the hundred a rising one, the others in
    turn one of four steady ones. Whatever rises was chosen five times at the beginning."""
    histories, times = [], []
    for number, rising in enumerate(shares):
        items = [item for item, count in rising.items() for _ in range(count * a_slice // 100)]
        items += [] if number else [RISING, OTHER, THIRD] * 5
        items += [turn % STEADY for turn in range(a_slice - len(items))]
        for place, item in enumerate(np.random.default_rng(number).permutation(items).tolist()):
            histories.append([item])
            times.append([1e6 * number + place if timed else float("nan")])
    return people_of(histories, 8, times=times)


def left_out(people: People, item: int) -> list[int]:
    """How many choices of an item are not learnt from, in each slice."""
    out: Int64Array = np.flatnonzero(in_bursts(people) & (people.histories.items == item))
    slices = out // (len(people) // SLICES)
    return [int(count) for count in np.bincount(slices, minlength=SLICES)]


def test_a_burst_in_the_newest_slice_counts_no_more_than_twice_its_share() -> None:
    people = world([{}] * 9 + [{RISING: 60}])
    # seven items had 900 choices; half of their mean is added to each
    past = (5 + 900 / 14) / (900 + 900 / 2)
    assert sliced(people).past[9, RISING] == pytest.approx(past)
    assert left_out(people, RISING) == [0] * 9 + [60 - round(60 * 2 * past / 0.6)]
    assert in_bursts(people).sum() == left_out(people, RISING)[9]


def test_what_is_new_is_no_burst_however_much_it_is_chosen() -> None:
    fresh = 7
    assert not in_bursts(world([{}] * 9 + [{fresh: 60}])).any()
    assert not in_bursts(world([{}] * 8 + [{fresh: 20}, {fresh: 60}])).any()


def test_the_data_report_says_what_is_not_learnt_from() -> None:
    data = TrainingData(items_of(8), world([{}] * 9 + [{RISING: 60}]))
    examined = examine(data, 1e9)
    (finding,) = [one for one in examined.findings if one.check == "bursts"]
    assert finding.found == 1
    assert finding.done.startswith("50 of these choices")
    assert len(data.people.times) - len(examined.data.people.times) == 50


def test_what_stays_is_spread_over_the_slice() -> None:
    people = world([{}] * 9 + [{RISING: 60}])
    theirs = np.flatnonzero(people.histories.items == RISING)
    stay = np.flatnonzero(~in_bursts(people)[theirs])
    assert stay[0] < 6 and stay[-1] >= 54
    assert np.diff(stay).max() <= 6


LASTING = [
    {},
    {},
    {},
    {},
    {RISING: 30},
    {RISING: 30},
    {RISING: 30, OTHER: 30},
    {RISING: 30, OTHER: 30},
]


def test_where_rises_have_lasted_the_next_one_is_learnt_from() -> None:
    people = world([*LASTING, {RISING: 30, OTHER: 30}, {THIRD: 30}])
    assert growth_that_lasts(sliced(people)) >= 4
    assert not in_bursts(people)[-A_SLICE:].any()


def test_where_rises_have_passed_the_next_one_is_not() -> None:
    passing = [{}, {}, {}, {}, {RISING: 30}, {}, {OTHER: 30}, {}, {}, {THIRD: 30}]
    people = world(passing)
    assert growth_that_lasts(sliced(people)) == 2
    assert left_out(people, THIRD)[9] > 10
    assert left_out(people, RISING)[4] > 10


def test_one_burst_that_spans_two_slices_proves_nothing() -> None:
    people = world([{}] * 8 + [{RISING: 30}, {RISING: 60}])
    assert growth_that_lasts(sliced(people)) == 2
    assert left_out(people, RISING)[8] > 10
    assert left_out(people, RISING)[9] > 30


def test_what_has_lasted_for_two_slices_is_no_burst_though_others_passed() -> None:
    passing = [{}, {}, {}, {OTHER: 30}, {THIRD: 30}, {OTHER: 40}, {THIRD: 40}]
    people = world([*passing, {RISING: 60}, {RISING: 60}, {RISING: 60}])
    assert growth_that_lasts(sliced(people)) == 2
    lost = left_out(people, RISING)
    assert lost[7] > 30 and lost[8] > 20
    assert lost[9] == 0


def test_what_is_chosen_evenly_is_learnt_from_in_full() -> None:
    assert not in_bursts(world([{}] * 10)).any()


def test_few_choices_make_no_burst() -> None:
    assert not in_bursts(world([{}] * 9 + [{RISING: 60}], a_slice=30)).any()
    assert in_bursts(world([{}] * 9 + [{RISING: 60}], a_slice=50)).any()


def test_without_times_there_are_no_bursts() -> None:
    assert not in_bursts(world([{}] * 9 + [{RISING: 60}], timed=False)).any()
    assert not in_bursts(people_of([], 3)).any()


def test_one_person_who_chooses_an_item_often_counts_once() -> None:
    people = world([{}] * 10)
    histories = [[item] for item in people.histories.items.tolist()] + [[RISING] * 60]
    times = [[time] for time in people.times.tolist()] + [[9e6 + turn for turn in range(60)]]
    assert not in_bursts(people_of(histories, 8, times=times)).any()


def test_dislikes_make_no_burst_and_are_learnt_from() -> None:
    people = world([{}] * 9 + [{RISING: 60}])
    items = people.histories.items.tolist()
    weights = [[-1.0] if item == RISING else [1.0] for item in items]
    disliked = people_of(
        [[item] for item in items],
        8,
        times=[[time] for time in people.times.tolist()],
        weights=weights,
    )
    assert not in_bursts(disliked).any()
