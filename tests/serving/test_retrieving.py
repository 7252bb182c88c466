from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import Int64Array, People, best_items
from tastemaker.serving.retrieving import CandidateItems, Retrieved, retrieve_candidates
from tastemaker.testing import people_of

N_ITEMS = 400
NOBODY_EXCLUDED = np.zeros((1, N_ITEMS), dtype=np.bool_)


class Ranked:
    """Retrieves the items in a fixed order, and counts how often it was asked for how many."""

    def __init__(self, order: Int64Array, problem: str = "") -> None:
        self.name = "ranked"
        self.order, self.problem = order, problem
        self.asked: list[tuple[int, int]] = []

    def retrieve(self, people: People, k: int) -> tuple[Int64Array | None, str]:
        self.asked.append((len(people), k))
        if self.problem:
            return None, self.problem
        best = np.full(k, -1, dtype=np.int64)
        best[: min(k, len(self.order))] = self.order[:k]
        return np.tile(best, (len(people), 1)), ""


def rows(items: CandidateItems) -> list[list[int]]:
    return [own[valid].tolist() for own, valid in zip(items.items, items.valid, strict=True)]


def found(
    *retrievers: Ranked,
    histories: list[list[int]],
    excluded: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = NOBODY_EXCLUDED,
    depth: int = 3,
    k: int = 2,
) -> Retrieved:
    return retrieve_candidates(retrievers, people_of(histories, N_ITEMS), excluded, depth, k)


def test_candidates_are_the_union_of_the_best_of_each() -> None:
    both = found(Ranked(np.array([5, 9, 2, 7])), Ranked(np.array([2, 8, 1])), histories=[[]])
    assert rows(both.candidates) == [[1, 2, 5, 8, 9]]
    assert both.further.width == 0
    assert not both.short.any()


def test_what_must_not_be_shown_takes_no_place() -> None:
    excluded = NOBODY_EXCLUDED.copy()
    excluded[0, [5, 2]] = True
    retriever = Ranked(np.array([5, 9, 2, 7, 4, 3]))
    assert rows(found(retriever, histories=[[5, 2]], excluded=excluded).candidates) == [[4, 7, 9]]
    # room for the history is asked for at once
    assert retriever.asked == [(1, 5)]


def test_more_is_retrieved_for_those_alone_of_whose_first_items_too_few_may_be_shown() -> None:
    excluded = np.zeros((2, N_ITEMS), dtype=np.bool_)
    excluded[1, :10] = True
    retriever = Ranked(np.arange(N_ITEMS))
    both = found(retriever, histories=[[], []], excluded=excluded)
    assert rows(both.candidates) == [[0, 1, 2], [10, 11, 12]]
    assert retriever.asked == [(2, 3), (1, 12), (1, 48)]
    assert not both.short.any()


def test_who_needs_more_than_two_widenings_needs_a_scan() -> None:
    excluded = NOBODY_EXCLUDED.copy()
    excluded[0, :300] = True
    retriever = Ranked(np.arange(N_ITEMS))
    assert found(retriever, histories=[[]], excluded=excluded).short.tolist() == [True]
    assert len(retriever.asked) == 3


def test_who_has_too_few_candidates_needs_a_scan_unless_there_are_no_more() -> None:
    few = Ranked(np.array([7]))
    assert found(few, histories=[[]]).short.tolist() == [True]
    assert found(few, histories=[[]], k=1).short.tolist() == [False]
    only_seven = ~NOBODY_EXCLUDED
    only_seven[0, 7] = False
    assert found(few, histories=[[]], excluded=only_seven).short.tolist() == [False]


def test_a_longer_list_has_further_items_beside_the_same_candidates() -> None:
    longer = found(Ranked(np.array([5, 9, 2, 7, 4, 3])), histories=[[]], k=5)
    assert rows(longer.candidates) == [[2, 5, 9]]
    assert rows(longer.further) == [[4, 7]]


def test_a_retriever_that_fails_is_named_and_the_others_retrieve() -> None:
    both = found(Ranked(np.arange(9), problem="is ill"), Ranked(np.array([1, 2])), histories=[[]])
    assert rows(both.candidates) == [[1, 2]]
    assert both.problems == ("ranked is ill",)


@pytest.mark.parametrize("k", [1, 3, 9])
def test_best_items_are_the_highest_scores(k: int) -> None:
    nan = np.nan
    scores = np.array([[1, 5, nan, 5, -2], [nan] * 5, [0, 1, 2, 3, 4]], dtype=np.float32)
    ranked = [[1, 3, 0, 4], [], [4, 3, 2, 1, 0]]
    expected = [(own + [-1] * k)[:k] for own in ranked]
    assert best_items(scores, k).tolist() == expected
