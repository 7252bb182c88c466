from __future__ import annotations

import numpy as np
import pytest

from tastemaker.testing import people_of
from tastemaker_plugins.factors.pairwise import Adagrad, Choices, side_by_side, sums_by_item

PEOPLE = people_of([[0, 1, 2], [3], [2, 2, 1]], 4)
ONES = np.ones(7, dtype=np.float32)


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def contexts(place: int) -> set[tuple[float, ...]]:
    drawn = np.full(100, place)
    rows = Choices(PEOPLE, ONES, 1.0).contexts(drawn, random()).toarray()
    return {tuple(np.round(row, 4)) for row in rows.astype(np.float64).tolist()}


def test_interactions_with_others_beside_them_are_drawn_the_first_of_a_person_less() -> None:
    drawn = Choices(PEOPLE, ONES, 1.0).draw(9000, random())
    shares = np.bincount(drawn, minlength=7) / len(drawn)
    assert shares == pytest.approx(np.array([1, 4, 4, 0, 1, 4, 4]) / 18, abs=0.02)


def test_the_stronger_are_drawn_more_often() -> None:
    strengths = np.array([0, 3, 1, 1, 0, 0, 0], dtype=np.float32)
    drawn = Choices(PEOPLE, strengths, 1.0).draw(4000, random())
    assert (drawn == 1).mean() == pytest.approx(0.75, abs=0.03)
    assert set(drawn.tolist()) == {1, 2}


def test_a_context_is_what_came_before_or_after_the_nearest_most() -> None:
    # one position further away than the nearest counts half
    before, after = (0.3333, 0.6667, 0.0, 0.0), (0.0, 0.6667, 0.3333, 0.0)
    assert contexts(2) == {before, (0.0, 0.0, 0.0, 0.0)}
    assert contexts(0) == {after}
    assert contexts(1) == {(1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0)}


def test_an_item_is_no_context_of_itself() -> None:
    assert contexts(5) == {(0.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0)}


def test_it_knows_what_a_person_ever_chose() -> None:
    choices = Choices(PEOPLE, ONES, 1.0)
    found = choices.chosen(np.array([1, 1, 6, 6]), np.array([2, 3, 2, 0]))
    assert found.tolist() == [True, False, True, False]


def test_often_moved_numbers_move_in_smaller_steps() -> None:
    optimiser = Adagrad(np.zeros(2, dtype=np.float32), 0.1)
    optimiser.step(np.array([1, 0], dtype=np.float32))
    first = optimiser.values.copy()
    optimiser.step(np.array([1, 0], dtype=np.float32))
    assert first[0] > optimiser.values[0] - first[0] > 0
    assert optimiser.values[1] == 0


def test_values_are_added_to_the_items_they_belong_to() -> None:
    ones = np.ones(2, dtype=np.float32)
    places = side_by_side((np.array([0, 1]), np.array([2, 0])), (ones, -ones), 3)
    values = np.array([[1, 2], [3, 4]], dtype=np.float32)
    assert sums_by_item(places, values).tolist() == [[-2, -2], [3, 4], [-1, -2]]
