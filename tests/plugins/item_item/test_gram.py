from __future__ import annotations

import numpy as np

from tastemaker.testing import people_of
from tastemaker_plugins.item_item.gram import co_occurrence


def test_it_counts_who_chose_both() -> None:
    places, gram = co_occurrence(people_of([[0, 2], [0, 2], [0, 3]], 5).presence(), 10)
    assert places.tolist() == [0, 2, 3]
    assert gram.tolist() == [[3, 2, 1], [2, 2, 0], [1, 0, 1]]


def test_only_the_most_chosen_are_in_it_in_their_order() -> None:
    places, gram = co_occurrence(people_of([[3, 1], [3, 1], [0, 3]], 4).presence(), 2)
    assert places.tolist() == [1, 3]
    assert gram.tolist() == [[2, 2], [2, 3]]


def test_nothing_chosen_is_an_empty_matrix() -> None:
    places, gram = co_occurrence(people_of([[], []], 3).presence(), 2)
    assert len(places) == 0
    assert gram.shape == (0, 0)
    assert gram.dtype == np.float32
