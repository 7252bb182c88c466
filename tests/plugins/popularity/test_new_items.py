from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.popularity.new_items import NewItems

DAY = 86_400.0
NAN = float("nan")


def fitted(histories: list[list[int]], times: list[list[float]], n_items: int) -> NewItems:
    people = people_of(histories, n_items, times=times)
    return NewItems().fit(TrainingData(items_of(n_items), people), no_progress)


def test_an_item_is_as_new_as_its_first_interaction() -> None:
    newness = fitted([[0, 1, 0]], [[0.0, 3 * DAY, 7 * DAY]], 2).item_scores
    assert newness.tolist() == pytest.approx([-np.log(8), -np.log(5)])


def test_what_was_never_chosen_at_a_known_time_has_no_newness() -> None:
    newness = fitted([[0, 1]], [[DAY, NAN]], 3).item_scores
    assert np.isnan(newness).tolist() == [False, True, True]


def test_what_few_people_chose_is_not_new() -> None:
    histories = [[0, 1]] * 10 + [[2]]
    times = [[0.0, 5 * DAY]] * 10 + [[9 * DAY]]
    assert np.isnan(fitted(histories, times, 3).item_scores).tolist() == [False, False, True]


def test_without_times_nothing_is_new() -> None:
    assert np.isnan(fitted([[0, 1]], [[NAN, NAN]], 2).item_scores).all()


def test_interactions_that_do_not_count_do_not_make_an_item_known() -> None:
    people = people_of([[0, 1]], 2, times=[[0.0, DAY]], weights=[[1.0, -1.0]])
    recommender = NewItems().fit(TrainingData(items_of(2), people), no_progress)
    assert np.isnan(recommender.item_scores).tolist() == [False, True]


def test_what_has_no_newness_is_not_retrieved() -> None:
    newest = fitted([[0, 1, 0], [2]], [[0.0, 3 * DAY, 7 * DAY], [NAN]], 4)
    assert newest.retrieve(people_of([[]], 4), 3).tolist() == [[1, 0, -1]]
