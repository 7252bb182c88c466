from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tastemaker.blend import Candidates, select_candidates
from tastemaker.blend.candidates import PARTITION_ALL
from tastemaker.data import BoolArray, Float32Array

NAN = float("nan")


def listed(candidates: Candidates, person: int = 0) -> list[int]:
    return [int(item) for item in candidates.items[person][candidates.valid[person]]]


def scored(*members: Sequence[float]) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    return np.array(members, dtype=np.float32)[:, None, :]


def test_the_union_of_each_members_best() -> None:
    scores = scored([9, 8, 1, 2, 3, 0], [0, 1, 2, 3, 8, 9])
    candidates = select_candidates(scores, np.zeros((1, 6), dtype=bool), depth=2, least=1)
    assert listed(candidates) == [0, 1, 4, 5]
    assert candidates.values[:, 0].tolist() == [[9, 8, 3, 0], [0, 1, 8, 9]]


def test_excluded_items_neither_come_in_nor_take_a_place() -> None:
    excluded = np.array([[True, False, False, False, False, False]])
    candidates = select_candidates(scored([9, 8, 1, 2, 3, 0]), excluded, depth=2, least=1)
    assert listed(candidates) == [1, 4]


def test_a_member_that_abstains_brings_nothing_and_scores_nan() -> None:
    scores = scored([NAN] * 6, [0, 1, 2, 3, 8, 9])
    candidates = select_candidates(scores, np.zeros((1, 6), dtype=bool), depth=2, least=1)
    assert listed(candidates) == [4, 5]
    assert np.isnan(candidates.values[0]).all()


def test_items_that_a_member_does_not_score_are_not_among_its_best() -> None:
    scores = scored([NAN, NAN, 1, NAN, NAN, NAN, NAN])
    candidates = select_candidates(scores, np.zeros((1, 7), dtype=bool), depth=3, least=1)
    assert listed(candidates) == [2]


def test_many_ties_at_the_last_place_stay_out() -> None:
    candidates = select_candidates(
        scored([0] * 50 + [2, 1]), np.zeros((1, 52), dtype=bool), depth=5, least=1
    )
    assert listed(candidates) == [50, 51]


def test_few_ties_at_the_last_place_all_come_in() -> None:
    candidates = select_candidates(
        scored([3, 1, 1, 0, 0, 0]), np.zeros((1, 6), dtype=bool), depth=2, least=1
    )
    assert listed(candidates) == [0, 1, 2]


def test_the_list_is_filled_up_where_no_member_scores() -> None:
    scores = np.full((2, 3, 40), NAN, dtype=np.float32)
    excluded = np.zeros((3, 40), dtype=bool)
    excluded[1, :35] = True
    excluded[2] = True
    candidates = select_candidates(scores, excluded, depth=5, least=10)
    assert [listed(candidates, person) for person in range(3)] == [
        list(range(10)),
        list(range(35, 40)),
        [],
    ]


def test_nobody_and_no_items() -> None:
    assert (
        len(select_candidates(np.zeros((2, 0, 9), dtype=np.float32), np.zeros((0, 9), dtype=bool)))
        == 0
    )
    empty = select_candidates(np.zeros((2, 3, 0), dtype=np.float32), np.zeros((3, 0), dtype=bool))
    assert empty.items.shape == (3, 0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0, 1))
def test_a_batch_gives_what_each_person_alone_does(seed: int, depth: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 9, (3, 4, 30)).astype(np.float32)
    scores[rng.random(scores.shape) < missing] = NAN
    excluded = rng.random((4, 30)) < rng.random()
    together = select_candidates(scores, excluded, depth, least=3)
    assert not excluded[np.nonzero(together.valid)[0], together.items[together.valid]].any()
    for person in range(4):
        part = slice(person, person + 1)
        alone = select_candidates(scores[:, part], excluded[part], depth, least=3)
        assert listed(alone) == listed(together, person)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e37])
def test_scores_of_any_size(size: float) -> None:
    scores = scored([3, 2, 1, 0, 0, 0, 0, 0]) * np.float32(size)
    assert listed(select_candidates(scores, np.zeros((1, 8), dtype=bool), depth=2, least=1)) == [
        0,
        1,
    ]


def best_by_sorting(scores: Float32Array, allowed: BoolArray, depth: int) -> set[int]:
    """One member's best items for one person, as `select_candidates` defines them, the slow way."""
    scored_items = np.flatnonzero(allowed & ~np.isnan(scores))
    if len(scored_items) < depth:
        return set(scored_items.tolist())
    last = np.sort(scores[scored_items])[-depth]
    best = scored_items[scores[scored_items] >= last]
    if len(best) > 2 * depth:
        best = scored_items[scores[scored_items] > last]
    return set(best.tolist())


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    st.sampled_from([1, 3, 50, 10**6]),
    st.floats(0, 1),
)
@pytest.mark.parametrize("people", [2, 60])  # few and many scores go different ways
def test_the_candidates_are_what_sorting_finds(
    people: int, seed: int, depth: int, values: int, missing: float
) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(-values, values + 1, (2, people, 401)).astype(np.float32)
    scores[0] *= rng.random(scores.shape[1:]) < rng.random()
    scores[rng.random(scores.shape) < missing * rng.integers(0, 2)] = NAN
    excluded = rng.random((people, 401)) < rng.random()
    assert (scores.size > PARTITION_ALL) is (people == 60)
    candidates = select_candidates(scores, excluded, depth, least=0)
    for person in range(people):
        bests = (best_by_sorting(own[person], ~excluded[person], depth) for own in scores)
        assert set(listed(candidates, person)) == set().union(*bests)
