from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.testing import people_of

NAN = float("nan")


def test_the_newest_interaction_of_each_person_is_of_age_zero() -> None:
    people = people_of([[0, 1, 2], [3]], 4, times=[[1.0, 2.0, 3.0], [9.0]])
    assert people.ages.tolist() == [2, 1, 0, 0]


def test_what_happened_in_one_moment_is_of_one_age() -> None:
    people = people_of([[0, 1, 2], [3]], 4, times=[[1.0, 3.0, 3.0], [3.0]])
    assert people.ages.tolist() == [2, 0.5, 0.5, 0]


def test_what_has_no_time_is_of_one_age_whatever_the_order_it_stands_in() -> None:
    people = people_of([[0, 1, 2], [3, 1]], 4, times=[[NAN, NAN, 5.0], [NAN, NAN]])
    assert people.ages.tolist() == [1.5, 1.5, 0, 0.5, 0.5]


def test_without_times_everything_else_stays() -> None:
    people = people_of([[0, 1]], 2, times=[[1.0, 2.0]], weights=[[1.0, 2.0]])
    blind = people.without_times()
    assert np.isnan(blind.times).all()
    assert blind.weights.tolist() == [1.0, 2.0]
    assert blind.histories is people.histories


def test_arrays_cannot_be_written_to() -> None:
    people = people_of([[0, 1]], 2)
    for array in (people.ages, people.times, people.histories.items):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_selected_people_keep_their_histories_and_taken_ones_their_places() -> None:
    people = people_of([[0, 1], [], [2, 3]], 4)
    assert people.select(np.array([2, 0])).histories.items.tolist() == [2, 3, 0, 1]
    kept = people.take(people.histories.items > 1)
    assert len(kept) == 3
    assert kept.histories.lengths.tolist() == [0, 0, 2]
    assert people.newest(1).histories.items.tolist() == [1, 3]


def test_only_what_happened_at_one_moment_is_shuffled() -> None:
    items = list(range(40))
    times = [[float(number // 10) for number in items], [NAN, NAN, 7.0]]
    weights = [[float(number) for number in items], [0.0, 1.0, 2.0]]
    people = people_of([items, items[:3]], 40, times=times, weights=weights)
    drawn = people.shuffled(1)
    first, second = drawn.histories.items[:40], drawn.histories.items[40:]
    assert (first // 10).tolist() == times[0]
    assert first.tolist() != items
    assert sorted(first.tolist()) == items
    assert drawn.weights.tolist() == drawn.histories.items.tolist()
    assert second[2] == 2
    assert set(second[:2].tolist()) == {0, 1}
    assert first.tolist() == people.shuffled(1).histories.items[:40].tolist()
    assert first.tolist() != people.shuffled(2).histories.items[:40].tolist()


def test_histories_in_the_order_of_time_and_none_at_all_stay_as_they_are() -> None:
    people = people_of([[3, 1, 2], []], 4, times=[[1.0, 2.0, 3.0], []])
    assert people.shuffled(0).histories.items.tolist() == [3, 1, 2]
    assert people_of([[]], 4).shuffled(0).histories.items.tolist() == []
    assert len(people_of([], 4).shuffled(0)) == 0


def test_what_has_no_positive_weight_makes_nothing_older() -> None:
    plain = people_of([[0, 1, 2], [3]], 5)
    items = [[4, 0, 4, 1, 2, 4], [4, 3, 4]]
    weights = [[-1.0, 1.0, 0.0, 1.0, 1.0, -1.0], [-1.0, 1.0, 0.0]]
    mixed = people_of(items, 5, weights=weights)
    assert mixed.ages[mixed.weights > 0].tolist() == plain.ages.tolist() == [2, 1, 0, 0]
    assert mixed.ages.tolist() == [3, 2, 2, 1, 0, 0, 1, 0, 0]


def test_a_dislike_at_the_same_moment_does_not_change_the_mean() -> None:
    people = people_of([[0, 1, 2]], 3, times=[[5.0, 5.0, 5.0]], weights=[[1.0, -1.0, 1.0]])
    assert people.ages.tolist() == [0.5, 0.5, 0.5]


def test_the_moment_stays_when_people_or_interactions_are_left_out() -> None:
    people = replace(people_of([[0, 1], [1]], 2), now=7.0)
    kept = people.take(np.array([True, False, True])).select(np.array([1])).newest(1).among(1)
    assert kept.now == 7.0
    assert np.isnan(people_of([[0]], 1).now)


def test_what_is_made_once_of_few_people_is_kept_for_these_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = people_of([[0], [1, 2]], 3)
    calls: list[str] = []

    def made() -> int:
        calls.append("made")
        return len(calls)

    assert [people.once("count", made) for _ in range(2)] == [1, 1]
    assert people.once("other", lambda: "another") == "another"
    assert people.select(np.array([0])).once("count", made) == 2
    monkeypatch.setattr("tastemaker.data.people.KEPT_FOR", 1)
    assert [people.once("count", made) for _ in range(2)] == [3, 4]


def test_histories_of_the_first_items_are_the_same_each_time() -> None:
    people = people_of([[0, 4], [1, 2]], 5)
    assert people.among(3) is people.among(3)
    assert people.among(3).histories.items.tolist() == [0, 1, 2]
    assert people.among(5) is people
