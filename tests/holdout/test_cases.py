from __future__ import annotations

import numpy as np

from tastemaker.data import People
from tastemaker.holdout.cases import (
    LEARNING,
    MANY_PEOPLE,
    SampleSize,
    blend_cases,
    full_history_cases,
    truncated_cases,
)
from tastemaker.holdout.splits import Split, by_time
from tastemaker.testing import people_of

N_ITEMS = 40

# A known person, a new one, one who chose the same item again, and one who did not come back.
HISTORIES = [[0, 1, 2, 1, 3], [4, 5, 6], [7, 7], [8, 9, 9, 9]]
TIMES = [[1.0, 2, 3, 11, 12], [13.0, 14, 15], [4.0, 16], [5.0, 6, 7, 8]]
EVERYONE = people_of(HISTORIES, N_ITEMS, times=TIMES)
SPLIT = by_time(EVERYONE, 8 / 14, 1.0)


def histories(part: People) -> list[list[int]]:
    indptr = part.histories.indptr
    return [
        part.histories.items[start:end].tolist()
        for start, end in zip(indptr[:-1], indptr[1:], strict=True)
    ]


def test_the_whole_history_and_what_is_new_in_the_future() -> None:
    cases = full_history_cases(EVERYONE, SPLIT)
    assert histories(cases.people) == [[0, 1, 2], []]
    assert cases.n_relevant.tolist() == [1, 3]
    assert cases.seen[[0]].indices.tolist() == [0, 1, 2]
    assert sorted(cases.chosen[[1]].indices.tolist()) == [4, 5, 6]


def test_known_people_keep_the_newest_and_new_people_get_the_first() -> None:
    known, new = truncated_cases(EVERYONE, SPLIT, 2)
    assert histories(known.people) == [[1, 2]]
    assert known.seen.indices.tolist() == [0, 1, 2]
    assert histories(new.people) == [[4, 5]]
    assert new.seen.indices.tolist() == [4, 5]
    assert new.chosen.indices.tolist() == [6]


def test_a_new_person_without_any_history_is_to_choose_everything() -> None:
    known, new = truncated_cases(EVERYONE, SPLIT, 0)
    assert histories(known.people) == [[]]
    assert histories(new.people) == [[]]
    assert new.chosen.indices.tolist() == [4, 5, 6]


def test_a_sample_is_of_different_people_and_all_where_there_are_no_more() -> None:
    cases = full_history_cases(EVERYONE, SPLIT)
    rng = np.random.default_rng(0)
    assert cases.sample(2, rng) is cases
    assert rng.random() == np.random.default_rng(0).random()
    assert len(cases.sample(1, rng)) == 1


def test_blocks_hold_everybody_once_and_in_order() -> None:
    rng = np.random.default_rng(0)
    times = np.sort(rng.random((300, 3))).tolist()
    many = people_of([[0, 1, 2]] * 300, 3, times=times)
    cases = full_history_cases(many, by_time(many, 0.5, 1.0))
    parts = [block.people.times for block in cases.blocks()]
    assert len(parts) > 1
    assert np.array_equal(np.concatenate(parts), cases.people.times)


def test_a_blend_learns_from_whole_histories_and_from_truncated_ones() -> None:
    rng = np.random.default_rng(0)
    times = np.sort(rng.random((300, 30))).tolist()
    many = people_of([list(range(30))] * 300, N_ITEMS, times=times)
    split = by_time(many, 0.8, 0.9)
    whole, *truncated = blend_cases(many, split)
    assert len(whole) == len(full_history_cases(many, split))
    assert len(truncated) == 12
    assert len(truncated[0]) == LEARNING.truncated


def test_of_very_many_people_some_are_drawn_known_and_new_ones_apart() -> None:
    n_known, n_new = MANY_PEOPLE + 500, 20
    histories = [[0, 1, 2, 3]] * n_known + [[4, 5, 6]] * n_new
    times = [[1.0, 2.0, 3.0, 11.0]] * n_known + [[11.0, 12.0, 13.0]] * n_new
    people = people_of(histories, 8, times=times)
    held_out = people.times > 10
    split = Split(~held_out, held_out, "what came after ten")
    groups = list(blend_cases(people, split, 0, SampleSize(10**6, 10**6)))
    whole, first = groups[0], groups[4]
    assert len(whole) == MANY_PEOPLE + n_new
    # new people have the first of what was held out, and choose the rest
    assert len(first) == n_new
    assert set(first.people.histories.items.tolist()) == {4}
    assert (first.n_relevant == 2).all()
