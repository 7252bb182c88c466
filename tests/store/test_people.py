from __future__ import annotations

import numpy as np

from tastemaker.store.interactions import Histories
from tastemaker.store.kinds import Kind
from tastemaker.store.people import as_people, as_seconds, kind_columns
from tastemaker.validation import UNTIMED

KINDS = (Kind(2, "view", 1.0), Kind(5, "purchase", 3.0))


def test_interactions_become_histories_person_by_person() -> None:
    keys = np.array([11, 12, 11], dtype=np.int64)
    stored = Histories(
        np.array([0, 2, 2, 3], dtype=np.int64),
        keys,
        np.array([5, 2, 2], dtype=np.int64),
        np.array([1.0, 4.5, 2.0]),
        np.array([UNTIMED, 2_500_000, 0], dtype=np.int64),
    )
    country = (("France",), (), ("Chile",))
    items = np.array([0, 1, 0], dtype=np.int32)
    people = as_people(stored, items, 3, KINDS, {"country": country})
    assert (len(people), people.n_items) == (3, 3)
    assert people.histories.lengths.tolist() == [2, 0, 1]
    assert people.histories.items.tolist() == [0, 1, 0]
    assert people.histories.values.tolist() == [1.0, 4.5, 2.0]
    assert np.array_equal(people.times, [np.nan, 2.5, 0.0], equal_nan=True)
    assert people.kinds.tolist() == [1, 0, 0]
    assert people.weights.tolist() == [3.0, 1.0, 1.0]
    assert people.features == {"country": country}


def test_interactions_with_items_of_no_index_are_left_out() -> None:
    stored = Histories(
        np.array([0, 2, 3], dtype=np.int64),
        np.array([11, 99, 99], dtype=np.int64),
        np.array([2, 2, 5], dtype=np.int64),
        np.ones(3),
        np.array([1_000_000, 2_000_000, 3_000_000], dtype=np.int64),
    )
    people = as_people(stored, np.array([4, -1, -1], dtype=np.int32), 5, KINDS, {})
    assert people.histories.lengths.tolist() == [1, 0]
    assert people.histories.items.tolist() == [4]
    assert people.times.tolist() == [1.0]


def test_a_kind_that_came_since_weighs_one() -> None:
    indexes, weights = kind_columns(np.array([2, 5, 6, 1_000], dtype=np.int64), KINDS)
    assert indexes.tolist() == [0, 1, 2, 2]
    assert weights.tolist() == [1.0, 3.0, 1.0, 1.0]
    indexes, weights = kind_columns(np.array([7], dtype=np.int64), ())
    assert (indexes.tolist(), weights.tolist()) == ([0], [1.0])


def test_times_in_seconds() -> None:
    seconds = as_seconds(np.array([1_500_000, UNTIMED, -1_000_000], dtype=np.int64))
    assert np.array_equal(seconds, [1.5, np.nan, -1.0], equal_nan=True)
