from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import Candidates, ScoredCases
from tastemaker.blend.top_candidates import TOP_RANKS

N_CANDIDATES = 40


def ranked(relevant: list[list[int]], n_relevant: list[int]) -> ScoredCases:
    """Two members: one ranks the first candidate first, and so on, the other the last."""
    n = len(relevant)
    scores = np.arange(N_CANDIDATES, dtype=np.float32)
    values = np.stack([np.tile(own, (n, 1)) for own in (-scores, scores)])
    marks = np.zeros((n, N_CANDIDATES), dtype=np.bool_)
    for row, places in enumerate(relevant):
        marks[row, places] = True
    items = np.tile(np.arange(N_CANDIDATES, dtype=np.int64), (n, 1))
    valid = np.ones_like(marks)
    lengths = np.full(n, 3, dtype=np.int64)
    return ScoredCases(Candidates(items, valid, values), marks, np.array(n_relevant), lengths)


def test_the_first_of_each_member_are_kept() -> None:
    top = ranked([[0, 9, 30]], [3]).top_candidates
    assert top.values.shape == (1, 2, 2 * TOP_RANKS)
    assert top.valid.all()
    assert np.flatnonzero(top.relevant[0]).tolist() == [0, 9, TOP_RANKS]


def test_who_chose_nothing_that_a_member_ranks_high_is_left_out() -> None:
    top = ranked([[15], [1], [], [39, 20]], [1, 1, 2, 2]).top_candidates
    assert top.people.tolist() == [1, 3]
    assert np.count_nonzero(top.relevant, axis=1).tolist() == [1, 1]


def test_what_is_no_candidate_is_never_among_the_first() -> None:
    cases = ranked([[3], [3]], [1, 1])
    own = cases.candidates
    valid = own.valid.copy()
    valid[0, 5:] = False
    values = np.where(valid, own.values, np.float32(np.nan))
    fewer = ScoredCases(
        Candidates(own.items, valid, values), cases.relevant, cases.n_relevant, cases.lengths
    )
    top = fewer.top_candidates
    assert np.count_nonzero(top.valid, axis=1).tolist() == [5, 2 * TOP_RANKS]


def test_gains_count_relative_to_the_best_there_could_be() -> None:
    # two relevant items are worth 1 + 1 / log2(3), whether or not both are candidates
    top = ranked([[1], [1, 2]], [1, 2]).top_candidates
    assert top.unit.tolist() == pytest.approx([1, 1 / (1 + 1 / np.log2(3))])


def test_of_more_relevant_items_than_a_list_holds_only_as_many_count() -> None:
    discounts = 1 / np.log2(np.arange(100) + 2)
    top = ranked([[1]], [100]).top_candidates
    expected = (1 / discounts[:10].sum() + 1 / discounts.sum()) / 2
    assert top.unit.tolist() == pytest.approx([expected])


def test_nobody_has_no_top_candidates() -> None:
    cases = ranked([[1]], [1]).select(np.zeros(0, dtype=np.int64))
    assert len(cases.top_candidates) == 0
