from __future__ import annotations

import numpy as np
import pytest

from tastemaker.data import Histories, People
from tastemaker.metrics.beyond_accuracy import (
    Past,
    coverage,
    diversity,
    fifths,
    groups,
    novelty,
    popularity_gap,
    reach,
)

NONE = -1


def people(*histories: list[int], n_items: int) -> People:
    items = [item for history in histories for item in history]
    n = len(items)
    indptr = np.cumsum([0, *(len(history) for history in histories)]).astype(np.int64)
    return People(
        Histories(indptr, np.array(items, dtype=np.int32), np.ones(n, dtype=np.float32), n_items),
        np.full(n, np.nan),
        np.zeros(n, dtype=np.int16),
        np.ones(n, dtype=np.float32),
    )


# Of eight people all know item 0, four item 1, two item 2, one item 3; nobody knows item 4.
EIGHT = people([0, 1, 2, 3], [0, 1, 2], [0, 1], [0, 1], [0], [0], [0], [0], n_items=4)
PAST = Past.of(EIGHT, 5)


def lists(*rows: list[int]) -> np.typing.NDArray[np.int64]:
    return np.array(rows, dtype=np.int64)


def test_coverage_is_the_share_of_the_eligible_items() -> None:
    eligible = np.array([True, True, True, True, False])
    assert coverage(lists([0, 1], [1, NONE]), eligible) == 0.5
    assert coverage(lists([NONE, NONE]), eligible) == 0


def test_an_item_that_everyone_knows_is_no_surprise_and_half_as_many_are_one_bit_more() -> None:
    found = novelty(lists([0, NONE], [1, NONE], [2, NONE], [3, NONE], [4, NONE], [0, 2]), PAST)
    assert found.tolist() == [0, 1, 2, 3, 3, 1]
    assert np.isnan(novelty(lists([NONE, NONE]), PAST)).all()


def test_lists_of_things_chosen_by_the_same_people_are_not_varied() -> None:
    twins = Past.of(people([0, 1], [0, 1], [2], [3], n_items=4), 5)
    found = diversity(lists([0, 1], [0, 2], [2, 3], [4, 3], [0, NONE]), twins)
    assert found[:4] == pytest.approx([0, 1, 1, 1], abs=1e-6)
    assert np.isnan(found[4])


def test_variety_is_the_mean_over_all_pairs() -> None:
    # of 0 and 1: 4 / sqrt(8 * 4); of 0 and 2: 2 / sqrt(8 * 2); of 1 and 2: 2 / sqrt(4 * 2)
    similarities = [4 / np.sqrt(32), 2 / np.sqrt(16), 2 / np.sqrt(8)]
    assert diversity(lists([0, 1, 2]), PAST)[0] == pytest.approx(1 - np.mean(similarities))


def test_similarity_is_judged_by_some_of_many_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tastemaker.metrics.beyond_accuracy.SIMILARITY_SAMPLE", 3)
    assert Past.of(EIGHT, 5).vectors.shape == (5, 3)


def test_popular_middling_and_rare_items() -> None:
    assert groups(np.array([2.0, 6, 2, 0])).tolist() == [1, 0, 1, 2]
    assert groups(np.array([1.0] * 10)).tolist() == [0] * 10
    assert groups(np.array([30.0, 30, 20, 15, 5])).tolist() == [0, 0, 1, 2, 2]


def test_a_list_as_popular_as_the_history_has_no_gap() -> None:
    past = Past(np.array([6.0, 2, 2, 0]), 10, PAST.vectors)
    history = people([0], [0, 1], [], n_items=4)
    found = popularity_gap(lists([0, NONE], [1, 0], [3, NONE]), history, past)
    assert found[:2].tolist() == [0, 0]
    assert found[2] == pytest.approx(1.0)
    assert np.isnan(popularity_gap(lists([NONE]), people([0], n_items=4), past)).all()


def test_the_reach_into_each_fifth_of_the_catalogue() -> None:
    parts = fifths(np.array([1.0, 9, 5, 7, 3, 100]), np.array([True] * 5 + [False]))
    assert [part.tolist() for part in parts] == [[1], [3], [2], [4], [0]]
    assert reach(lists([1, 3], [1, NONE]), parts).tolist() == [1, 1, 0, 0, 0]
