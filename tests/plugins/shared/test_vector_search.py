from __future__ import annotations

import numpy as np
import pytest

from tastemaker.testing import people_of
from tastemaker_plugins.shared.vector_search import (
    DENSE,
    able,
    best_places,
    best_products,
    chosen_products,
    histories_of,
)


def test_each_person_has_their_part_of_the_interactions() -> None:
    parts = list(histories_of(people_of([[1, 2], [], [0]], 3)))
    assert parts == [slice(0, 2), slice(2, 2), slice(2, 3)]


def test_whoever_has_a_positive_weight_is_able() -> None:
    people = people_of([[1, 2], [], [0]], 3)
    assert able(people, np.array([0, 1, -1], np.float32)).tolist() == [True, False, False]
    one = people_of([[1, 2]], 3)
    assert able(one, np.array([0, 1], np.float32)).tolist() == [True]
    assert able(one, np.zeros(2, np.float32)).tolist() == [False]


@pytest.mark.parametrize("n_items", [4, 4 * DENSE + 1])
def test_products_are_alike_by_the_whole_and_one_by_one(n_items: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((n_items, 3)).astype(np.float32)
    profiles = np.array([[1, 0, 0], [0, 2, 1]], np.float32)
    items = np.array([[0, 3, 3, 1], [n_items - 1, 0, 2, 2]])
    found = chosen_products(vectors, profiles, items)
    expected = [vectors[own] @ profile for own, profile in zip(items, profiles, strict=True)]
    assert found == pytest.approx(np.array(expected), rel=1e-5)
    halves = chosen_products(vectors.astype(np.float16), profiles, items)
    assert halves == pytest.approx(found, abs=1e-2)


def test_the_earlier_of_equal_places_comes_first_and_what_has_no_score_never() -> None:
    scores = np.array([1, -np.inf, 3, 1, 3, -np.inf, 1], np.float32)
    assert best_places(scores, 3).tolist() == [2, 4, 0]
    assert best_places(scores, 9).tolist() == [2, 4, 0, 3, 6]
    assert best_places(np.zeros(0, np.float32), 2).tolist() == []


@pytest.mark.parametrize("levels", [2, 50, 10**6])
@pytest.mark.parametrize("k", [1, 100, 5000])
def test_the_best_of_many_are_those_that_sorting_gives(levels: int, k: int) -> None:
    scores = np.random.default_rng(0).integers(0, levels, 10_000).astype(np.float32)
    assert best_places(scores, k).tolist() == np.argsort(-scores, kind="stable")[:k].tolist()
    # what is looked at to see how high a score must be is far from the whole
    rising = np.arange(10_000, dtype=np.float32) * (np.arange(10_000) % 4 == 1)
    assert best_places(rising, k).tolist() == np.argsort(-rising, kind="stable")[:k].tolist()


def test_rows_are_filled_up() -> None:
    vectors, profiles = np.array([[1], [3], [2]], np.float32), np.array([[1], [-1]], np.float32)
    offsets = np.array([0, np.nan, 0], np.float32)
    assert best_products(vectors, None, profiles, 2).tolist() == [[1, 2], [0, 2]]
    assert best_products(vectors, offsets, profiles, 3).tolist() == [[2, 0, -1], [0, 2, -1]]
