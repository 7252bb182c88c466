from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.data import Histories, People
from tastemaker.testing import items_of, people_of
from tastemaker.training.data_quality import Examined, Finding, examine

DAY = 86_400.0
NOW = 100 * DAY


def data(
    histories: Sequence[Sequence[int]],
    n_items: int = 3,
    times: Sequence[Sequence[float]] | None = None,
) -> TrainingData:
    return TrainingData(items_of(n_items), people_of(histories, n_items, times=times))


def valued(people: People, values: Sequence[float]) -> People:
    own = people.histories
    given = np.array(values, dtype=np.float32)
    return replace(people, histories=Histories(own.indptr, own.items, given, own.n_items))


def only(examined: Examined) -> Finding:
    (finding,) = examined.findings
    return finding


def test_ordinary_data_passes_untouched() -> None:
    given = data([[0, 1, 2], [2, 1], [], [0, 0, 0, 1]])
    examined = examine(given, NOW)
    assert examined.findings == ()
    assert examined.data == given


def test_nothing_at_all_passes() -> None:
    assert examine(data([]), NOW).data.people.n_items == 3
    assert only(examine(data([[]]), NOW)).check == "items"


def test_the_same_within_a_second_counts_once() -> None:
    given = data([[0, 1, 0, 2, 0]], times=[[10.0, 10.2, 10.9, 11.5, 12.5]])
    examined = examine(given, NOW)
    assert only(examined).found == 1
    assert only(examined).check == "duplicates"
    assert examined.data.people.histories.items.tolist() == [0, 1, 2, 0]
    assert examined.data.people.times.tolist() == [10.0, 10.2, 11.5, 12.5]


def test_other_people_and_kinds_are_no_duplicates() -> None:
    given = data([[0, 0], [0, 1, 2]], times=[[10.0, 10.5], [10.0, 10.0, 10.0]])
    kinds = np.array([0, 1, 0, 0, 0], dtype=np.int16)
    assert examine(replace(given, people=replace(given.people, kinds=kinds)), NOW).findings == ()


def test_times_in_the_future_are_left_out() -> None:
    given = data([[0, 1], [2, 0]], times=[[DAY, NOW + 2 * DAY], [DAY, NOW + 0.9 * DAY]])
    examined = examine(given, NOW)
    finding = examined.findings[0]
    assert (finding.check, finding.found, finding.done) == ("times", 1, "left out")
    assert len(examined.data.people) == 2
    assert examined.data.people.histories.items.tolist() == [0, 2, 0]


def test_where_most_times_lie_in_the_future_the_unit_is_wrong() -> None:
    given = data([[0, 1, 2]], times=[[1e12, 1e12 + DAY, 1e12 + 2 * DAY]])
    examined = examine(given, NOW)
    assert "check the unit" in only(examined).done
    assert examined.data == given


def with_others(*extra: Sequence[int]) -> list[Sequence[int]]:
    """A hundred people with three items each, and some others first."""
    return [*extra, *([[0, 1, 2]] * 100)]


def test_people_with_implausible_activity_are_left_out_of_training() -> None:
    # a hundred people with forty choices each, one with three thousand
    usual = [[0, 1, 2, 0] * 10] * 100
    times = [[DAY * turn for turn in range(40)]] * 100
    bot = [place % 3 for place in range(3000)]
    given = data([bot, *usual], times=[[500.0 * turn for turn in range(3000)], *times])
    examined = examine(given, NOW)
    assert (only(examined).check, only(examined).found) == ("people", 1)
    assert "42.9%" in only(examined).done
    lengths = examined.data.people.histories.lengths
    assert lengths.tolist() == [0] + [40] * 100


def test_busy_people_are_not_implausible() -> None:
    # 59 times as busy as the others, but not beyond what a person can do
    bookworm = [place % 3 for place in range(177)]
    assert examine(data(with_others(bookworm)), 1e9).findings == ()


def test_people_faster_than_a_person_can_be_are_left_out_of_training() -> None:
    rush = [place % 3 for place in range(5001)]
    quick = [0.5 * turn for turn in range(5001)]
    steady = [[0, 1, 2] * 2000] * 2
    slow = [[10.0 * turn for turn in range(6000)]] * 2
    examined = examine(data([*steady, rush], times=[*slow, quick]), NOW)
    left_out, shortened = examined.findings
    assert (left_out.check, left_out.found) == ("people", 1)
    assert "left out of training" in left_out.done
    assert shortened.found == 2
    assert examined.data.people.histories.lengths.tolist() == [1000, 1000, 0]


def test_of_a_long_history_only_the_newest_is_learnt_from() -> None:
    long = [place % 7 for place in range(1003)]
    times = [[500.0 * turn for turn in range(len(own))] for own in (long, [0, 1, 2])]
    examined = examine(data([long, [0, 1, 2]], n_items=7, times=times), NOW)
    assert (only(examined).check, only(examined).found) == ("people", 1)
    assert "newest 1,000" in only(examined).done
    assert examined.data.people.histories.lengths.tolist() == [1000, 3]
    assert examined.data.people.histories.items.tolist() == [*long[3:], 0, 1, 2]


def test_whole_days_are_no_rush() -> None:
    days = [DAY * (turn // 5001) for turn in range(10002)]
    items = [turn % 5001 for turn in range(10002)]
    examined = examine(data([items], n_items=5001, times=[days]), NOW)
    assert not any("implausible" in finding.detail for finding in examined.findings)


def test_where_most_of_the_data_is_theirs_they_stay_in_training() -> None:
    quick = [0.5 * turn for turn in range(6001)]
    given = data([[turn % 3 for turn in range(6001)]], times=[quick])
    examined = examine(given, NOW)
    assert any("most of the data" in finding.done for finding in examined.findings)
    assert examined.data.people.histories.lengths.tolist() == [1000]


def test_extreme_values_are_clipped_kind_by_kind() -> None:
    given = data([[0, 1, 2] * 200])
    ratings, quantities = [5.0] * 300, [2.0] * 298 + [80_000.0, -3_000.0]
    kinds = np.repeat(np.array([0, 1], dtype=np.int16), 300)
    people = replace(valued(given.people, ratings + quantities), kinds=kinds)
    examined = examine(replace(given, people=people, kinds=("rating", "purchase")), 1e9)
    finding = only(examined)
    assert (finding.check, finding.found) == ("values", 2)
    assert finding.done == "purchase up to 80,000, clipped to 20"
    values = examined.data.people.histories.values
    assert values.tolist() == [*ratings, *quantities[:298], 20.0, -20.0]


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0, 4.0, 5.0] * 60, [0.0] * 300, [-1.0] * 300])
def test_ordinary_values_stay(values: list[float]) -> None:
    given = data([[0, 1, 2] * 100])
    assert examine(replace(given, people=valued(given.people, values)), 1e9).findings == ()


def test_interactions_without_a_time_are_reported() -> None:
    nan = float("nan")
    given = data([[0, 1, 2, 0]], times=[[nan, 0.0, DAY, 2 * DAY]])
    examined = examine(given, NOW)
    assert only(examined) == Finding(
        "times", 1, "interactions without a time (25.0%)", "taken as the oldest"
    )
    assert np.array_equal(examined.data.people.times, given.people.times, equal_nan=True)


def test_a_long_pause_is_reported() -> None:
    given = data([[0, 1, 2]], times=[[0.0, DAY, 40 * DAY]])
    assert only(examine(given, NOW)).detail == "a pause of 39 days after 1970-01-02"
    short = data([[0, 1, 2]], times=[[0.0, DAY, 30 * DAY]])
    assert examine(short, NOW).findings == ()
    years = data([[0, 1, 2] * 10], times=[[29.0 * DAY * turn for turn in range(29)] + [902 * DAY]])
    assert examine(years, 1e9).findings == ()


def test_items_that_nobody_chose_are_reported() -> None:
    finding = only(examine(data([[0, 1]], n_items=4), NOW))
    assert (finding.check, finding.found) == ("items", 2)
    assert "50.0%" in finding.detail
