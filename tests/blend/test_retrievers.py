from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import Candidates, ScoredCases, WeightCurve
from tastemaker.blend.member_subset import find_brought, keep_retrieved
from tastemaker.blend.retrievers import choose_retrievers
from tastemaker.blend.unseen_cases import UnseenCases
from tastemaker.data import BoolArray, Float32Array

PEOPLE, ITEMS, DEPTH = 8, 60, 10


def scored(rows: list[Float32Array], relevant: BoolArray, length: int = 5) -> ScoredCases:
    """Everybody's candidates are all items, scored alike for all."""
    values = np.array([np.tile(row, (PEOPLE, 1)) for row in rows], dtype=np.float32)
    items = np.tile(np.arange(ITEMS, dtype=np.int64), (PEOPLE, 1))
    valid: BoolArray = np.logical_or.reduce(~np.isnan(values), axis=0)
    return ScoredCases(
        Candidates(items, valid, values),
        np.tile(relevant, (PEOPLE, 1)) & valid,
        np.full(PEOPLE, relevant.sum(), dtype=np.int64),
        np.full(PEOPLE, length, dtype=np.int64),
    )


def liking(first: int, last: int = ITEMS) -> Float32Array:
    """Likes the items from `first` on, in their order, and the others hardly at all."""
    places = np.arange(ITEMS)
    likes = np.where((places >= first) & (places < last), 100.0 - places + first, -0.001 * places)
    return likes.astype(np.float32)


def chosen_items(*items: int) -> BoolArray:
    marked = np.zeros(ITEMS, dtype=np.bool_)
    marked[list(items)] = True
    return marked


def unseen(cases: ScoredCases, weights: list[float]) -> UnseenCases:
    names = tuple("abcd"[: len(weights)])
    return UnseenCases(WeightCurve(names, (0,), np.array([weights])), (cases,))


def test_one_of_two_that_bring_the_same_is_enough_and_the_cheaper_one_is_taken() -> None:
    cases = scored([liking(20), liking(20), liking(40)], chosen_items(20, 22))
    tried = [unseen(cases, [0.5, 0.5, 0.0])]
    assert choose_retrievers(tried, [2.0, 1.0, 0.5], DEPTH).rows == (1,)
    assert choose_retrievers(tried, [1.0, 2.0, 0.5], DEPTH).rows == (0,)


def test_whoever_brings_what_nobody_else_does_must_retrieve() -> None:
    cases = scored([liking(20, 25), liking(40, 45)], chosen_items(20, 40))
    found = choose_retrievers([unseen(cases, [0.5, 0.5])], [1.0, 1.0], 5)
    assert found.rows == (0, 1)
    assert (found.quality, found.overlap) == (1.0, 1.0)
    assert found.candidates == found.all_candidates == 10


def test_it_says_what_fewer_candidates_cost() -> None:
    cases = scored([liking(20), liking(20), liking(40)], chosen_items(20, 22))
    found = choose_retrievers([unseen(cases, [0.5, 0.5, 0.0])], [1.0, 2.0, 3.0], DEPTH)
    assert found.rows == (0,)
    assert found.candidates == DEPTH
    assert found.all_candidates == 2 * DEPTH
    assert found.quality == pytest.approx(1.0)


def test_who_knows_nothing_of_newcomers_cannot_retrieve_alone() -> None:
    unknown = np.full(ITEMS, np.nan, dtype=np.float32)
    known = scored([liking(20), liking(20)], chosen_items(20))
    # without a history only the expensive one scores
    fresh = scored([unknown, liking(20)], chosen_items(20), length=0)
    names = WeightCurve(("a", "b"), (0, 5), np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert choose_retrievers([unseen(known, [1.0, 0.0])], [1.0, 9.0], DEPTH).rows == (0,)
    found = choose_retrievers([UnseenCases(names, (known, fresh))], [1.0, 9.0], DEPTH)
    assert 1 in found.rows


def test_what_a_member_brings_is_what_it_would_bring_alone() -> None:
    values = np.random.default_rng(0).normal(size=(3, ITEMS)).astype(np.float32)
    values[2, ::2] = np.nan
    cases = scored(list(values), chosen_items(3))
    brought = find_brought(cases, DEPTH)
    assert brought.sum(axis=2).tolist() == [[DEPTH] * PEOPLE] * 3
    for member in range(3):
        alone = keep_retrieved(cases, [member], DEPTH)
        expected = np.flatnonzero(brought[member, 0])
        assert alone.candidates.items[0].tolist() == expected.tolist()
        assert alone.n_members == 3


def test_two_cheap_members_are_taken_before_a_dear_one_that_brings_the_same() -> None:
    """The dear one brings what two cheap ones bring between them."""
    both = np.fmax(liking(20, 25), liking(40, 45))
    cases = scored([both, liking(20, 25), liking(40, 45)], chosen_items(20, 40))
    tried = [unseen(cases, [0.2, 0.4, 0.4])]
    assert choose_retrievers(tried, [100.0, 1.0, 1.0], 10).rows == (1, 2)
    assert choose_retrievers(tried, [1.0, 1.0, 1.0], 10).rows == (0,)
