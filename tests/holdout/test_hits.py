from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.hits import find_hits
from tastemaker.testing import people_of

CHOSEN = csr_array(np.array([[0, 1, 1, 0], [1, 1, 0, 0]], dtype=bool))
CASES = HeldOutCases(people_of([[], []], 4), csr_array((2, 4), dtype=bool), CHOSEN)
NOTHING = np.zeros((2, 4), dtype=bool)
ITEMS = np.array([[3, 1, 2], [0, -1, -1]])


def test_hits_are_what_was_chosen_in_the_places_that_hold_an_item() -> None:
    hits, n_relevant = find_hits(CASES, ITEMS, ITEMS >= 0, NOTHING)
    assert hits.tolist() == [[False, True, True], [True, False, False]]
    assert n_relevant.tolist() == [2, 2]


def test_what_must_not_be_shown_is_not_relevant() -> None:
    excluded = np.arange(4) == np.array([[1], [0]])
    hits, n_relevant = find_hits(CASES, ITEMS, ITEMS >= 0, excluded)
    assert hits.tolist() == [[False, False, True], [False] * 3]
    assert n_relevant.tolist() == [1, 1]
