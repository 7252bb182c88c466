from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker.data import BoolArray, Int64Array, People
from tastemaker.holdout.cases import BLOCK_PEOPLE, HeldOutCases
from tastemaker.holdout.measuring import measure
from tastemaker.testing import people_of


def cases_of(seen: list[list[int]], chosen: list[list[int]]) -> HeldOutCases:
    """People without a history; 1 where they saw or chose an item."""
    n_items = len(seen[0])
    return HeldOutCases(
        people_of([[]] * len(seen), n_items),
        csr_array(np.array(seen, dtype=bool)),
        csr_array(np.array(chosen, dtype=bool)),
    )


def low_indexes(people: People, excluded: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
    """The lowest indexes first; lists as long as the longest that there is."""
    width = min(k, int((~excluded).sum(axis=1).max(initial=0)))
    order = np.argsort(excluded, axis=1, kind="stable")[:, :width]
    return order, ~np.take_along_axis(excluded, order, axis=1)


def test_the_figures_of_each_person() -> None:
    cases = cases_of([[1, 0, 0, 0], [0, 0, 0, 0]], [[1, 1, 0, 0], [0, 0, 1, 1]])
    figures = measure(cases, low_indexes, (1, 3))
    assert figures["ndcg@1"].tolist() == [1, 0]
    assert figures["recall@3"].tolist() == [1, 0.5]
    assert figures["mrr@3"] == pytest.approx([1, 1 / 3])


def test_a_place_that_holds_nothing_is_no_hit() -> None:
    figures = measure(cases_of([[1, 1, 1, 0]], [[1, 1, 1, 1]]), low_indexes, (3,))
    assert figures["recall@3"].tolist() == [1]
    assert figures["ndcg@3"].tolist() == [1]


def test_blocks_of_people_whose_lists_are_of_uneven_length() -> None:
    seen = [[1, 1, 1, 0]] * BLOCK_PEOPLE + [[0, 0, 0, 0]]
    figures = measure(cases_of(seen, [[0, 0, 0, 1]] * (BLOCK_PEOPLE + 1)), low_indexes, (4,))
    assert figures["mrr@4"].tolist() == [1.0] * BLOCK_PEOPLE + [0.25]


def test_nobody_gives_no_figures() -> None:
    none = csr_array((0, 4), dtype=bool)
    nobody = HeldOutCases(people_of([], 4), none, none)
    assert len(measure(nobody, low_indexes)["ndcg@10"]) == 0
