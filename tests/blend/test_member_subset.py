from __future__ import annotations

import numpy as np

from tastemaker.blend import ScoredCases, select_candidates
from tastemaker.blend.member_subset import PEOPLE_AT_ONCE, keep_members

MEMBERS, PEOPLE, ITEMS, DEPTH = 4, PEOPLE_AT_ONCE + 10, 60, 5


def scores() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Random scores; the last member knows only every other item."""
    random = np.random.default_rng(0).normal(size=(MEMBERS, PEOPLE, ITEMS)).astype(np.float32)
    random[-1, :, ::2] = np.nan
    return random


def cases_of(rows: list[int]) -> ScoredCases:
    """The people scored by the members of the given rows alone."""
    random = np.random.default_rng(1)
    excluded = random.random((PEOPLE, ITEMS)) < 0.2
    right = (random.random((PEOPLE, ITEMS)) < 0.1) & ~excluded
    candidates = select_candidates(scores()[rows], excluded, DEPTH)
    relevant = right[np.arange(PEOPLE)[:, None], candidates.items] & candidates.valid
    lengths = np.arange(PEOPLE, dtype=np.int64)
    return ScoredCases(candidates, relevant, right.sum(axis=1).astype(np.int64), lengths)


def same(one: ScoredCases, other: ScoredCases) -> None:
    assert np.array_equal(one.candidates.valid, other.candidates.valid)
    assert np.array_equal(one.candidates.items, other.candidates.items)
    assert np.array_equal(one.candidates.values, other.candidates.values, equal_nan=True)
    assert np.array_equal(one.relevant, other.relevant)
    assert np.array_equal(one.n_relevant, other.n_relevant)
    assert np.array_equal(one.lengths, other.lengths)


def test_the_others_might_as_well_never_have_been_there() -> None:
    cases = cases_of([0, 1, 2, 3])
    same(keep_members(cases, [3, 1, 0], DEPTH), cases_of([3, 1, 0]))


def test_all_members_stay_as_they_are() -> None:
    cases = cases_of([0, 1, 2, 3])
    same(keep_members(cases, [0, 1, 2, 3], DEPTH), cases)
