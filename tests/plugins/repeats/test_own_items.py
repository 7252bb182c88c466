from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tastemaker.testing import every_item, people_of
from tastemaker_plugins.repeats.own_items import OwnItems

N_ITEMS = 5
histories = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=8), max_size=5)


@given(histories)
def test_each_item_of_each_person_stands_once_with_its_count(chosen: list[list[int]]) -> None:
    people = people_of(chosen, N_ITEMS)
    own = OwnItems.of(people)
    counts = {
        (person, item): history.count(item)
        for person, history in enumerate(chosen)
        for item in history
    }
    pairs = list(zip(own.people.tolist(), own.items.tolist(), strict=True))
    assert pairs == sorted(counts)
    assert own.lengths.tolist() == [counts[pair] for pair in pairs]
    assert own.sums(np.ones(len(people.times))).tolist() == own.lengths.tolist()


@given(histories)
def test_some_scores_are_those_of_all(chosen: list[list[int]]) -> None:
    people = people_of(chosen, N_ITEMS)
    own = OwnItems.of(people)
    scores = np.arange(1, len(own.keys) + 1, dtype=np.float32)
    items = every_item(people)
    expected = np.take_along_axis(own.all_scores(scores), items, axis=1)
    assert np.array_equal(own.some_scores(scores, items), expected, equal_nan=True)


def test_what_does_not_count_is_no_item() -> None:
    nan = float("nan")
    people = people_of([[0, 1], [2]], 3, times=[[nan, 5.0], [9.0]], weights=[[1.0, 1.0], [0.0]])
    assert OwnItems.of(people).items.tolist() == [0, 1]
    assert OwnItems.of(people, timed=True).items.tolist() == [1]
    assert OwnItems.of(people).without.tolist() == [False, True]


def test_the_best_come_first_and_of_equals_the_smaller_item() -> None:
    own = OwnItems.of(people_of([[0, 1, 2], []], 3))
    best = own.best(np.array([1.0, 2.0, 1.0], dtype=np.float32), 4)
    assert best.tolist() == [[1, 0, 2, -1], [-1, -1, -1, -1]]


def test_a_score_is_shared_out_by_amount() -> None:
    people = people_of([[0, 1, 0]], 2)
    own = OwnItems.of(people)
    scores = np.array([4.0, 5.0], dtype=np.float32)
    shares = own.shares(people, np.array([1.0, 3.0, 2.0]), scores, np.array([[0, 1]]))
    # in `counting` the two interactions with item 0 come first
    assert shares[:, 0] == pytest.approx([1.0, 0.0, 3.0])
    assert shares[:, 1] == pytest.approx([0.0, 5.0, 0.0])
