from __future__ import annotations

import numpy as np

from tastemaker.data import NO_PAIRS
from tastemaker.testing import people_of
from tastemaker.training import together
from tastemaker.training.together import chosen_together


def test_pairs_of_enough_people_are_kept_with_their_number() -> None:
    people = people_of([[0, 1, 1]] * 6 + [[0, 2]] * 4 + [[3]], 4)
    pairs = chosen_together(people)
    assert pairs.starts.tolist() == [0, 1, 2, 2, 2]
    assert (pairs.together(0, 1), pairs.together(1, 0)) == (6, 6)
    assert (pairs.together(0, 2), pairs.together(3, 0), pairs.together(9, 0)) == (0, 0, 0)
    assert NO_PAIRS.together(0, 1) == 0


def test_the_partners_of_the_most_people_are_kept() -> None:
    n = together.MOST_PARTNERS + 20
    histories = [[0, item] for item in range(1, n + 1) for _ in range(5 + (item > 20))]
    pairs = chosen_together(people_of(histories, n + 1))
    assert int(np.diff(pairs.starts)[0]) == together.MOST_PARTNERS
    assert (pairs.together(0, 20), pairs.together(0, 21)) == (0, 6)
    assert pairs.together(1, 0) == 5


def test_what_one_item_was_chosen_with_is_found_beyond_a_block() -> None:
    last = together.COUNTED_AT_ONCE + 3
    pairs = chosen_together(people_of([[0, last]] * 5, last + 1))
    assert (pairs.together(0, last), pairs.together(last, 0)) == (5, 5)
