from __future__ import annotations

import numpy as np

from tastemaker.blend import Blended
from tastemaker.serving.pages import next_page
from tastemaker.serving.ranker import Ranking


def ranking(*items: int) -> Ranking:
    """One list of items, each of which has its place as a negative score."""
    n = len(items)
    totals = -np.arange(n, dtype=np.float32)[np.newaxis]
    best = Blended(np.array([items]), np.ones((1, n), dtype=np.bool_), totals, totals[np.newaxis])
    explored = np.array([[item == 7 for item in items]])
    return Ranking(best, ("one",), np.ones((1, 1)), (), explored)


def test_the_next_page_is_what_was_not_shown_in_its_order() -> None:
    page = next_page(ranking(5, 9, 7, 1, 3), np.array([9, 1]), 2)
    assert page.best.items.tolist() == [[5, 7]]
    assert page.best.totals.tolist() == [[0, -2]]
    assert page.best.contributions.tolist() == [[[0, -2]]]
    assert page.explored.tolist() == [[False, True]]


def test_where_too_little_is_left_the_page_is_shorter() -> None:
    page = next_page(ranking(5, 9, 7), np.array([5, 9]), 2)
    assert page.best.valid.tolist() == [[True, False]]
    assert page.best.items[0, 0] == 7
    assert page.best.totals.tolist() == [[-2, -np.inf]]


def test_the_first_page_is_the_list_itself() -> None:
    whole = ranking(5, 9)
    assert next_page(whole, np.zeros(0, dtype=np.int64), 2) is whole
