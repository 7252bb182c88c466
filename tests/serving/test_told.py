from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend import Blended
from tastemaker.data import Float32Array, Int64Array
from tastemaker.serving.told import ToldLess, closeness, reach_of, told_less, with_parts
from tastemaker.store.kinds import Kind
from tastemaker.testing import people_of

LESS = Kind(3, "less", -1.0, repeatable=True)


def blended(totals: list[list[float]], items: list[list[int]] | None = None) -> Blended:
    """Items whose scores one member gives; NaN for no item."""
    scores = np.array(totals, dtype=np.float32)
    valid = ~np.isnan(scores)
    numbers = np.tile(np.arange(scores.shape[1]), (len(scores), 1)) if items is None else items
    contributions = np.where(valid, scores, 0)[np.newaxis]
    return Blended(np.array(numbers), valid, np.where(valid, scores, -np.inf), contributions)


def following(item: int) -> Int64Array:
    """The next three items, of five."""
    return np.array([(item + step) % 5 for step in (1, 2, 3)])


def told(*rows: int, items: tuple[int, ...] = (0,), strength: float = 1.0) -> ToldLess:
    reach = [np.concatenate(([item], following(item))) for item in items]
    return ToldLess(strength, np.array(rows), np.arange(len(rows)), reach, extent=4)


@pytest.mark.parametrize(
    ("n_items", "expected"), [(0, 1), (1, 1), (2, 1), (12, 3), (200, 39), (41_000, 39)]
)
def test_twenty_are_sure_to_fall_but_not_most_of_a_small_catalogue(
    n_items: int, expected: int
) -> None:
    assert reach_of(n_items) == expected


def test_the_first_half_of_those_in_reach_are_as_near_as_can_be() -> None:
    reach, items = np.array([7, 3, 9, 1]), np.array([1, 3, 5, 7, 9, 0, 11])
    assert closeness(reach, items, 4).tolist() == [0.5, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    assert closeness(reach[:1], items, 4).tolist() == [0, 0, 0, 1, 0, 0, 0]
    near = closeness(np.arange(40), np.arange(41), 40)
    assert near[:21].tolist() == [1.0] * 21
    assert (np.diff(near[20:]) < 0).all()
    assert near[40] == 0


def test_what_is_told_takes_a_little_more_than_lies_between_the_best_and_the_middle() -> None:
    best = blended([[8.0, 5.0, 4.0, 3.0, 2.0], [8.0, 5.0, 4.0, 3.0, 2.0]])
    assert told(1).parts(best).tolist() == [[0] * 5, [-4.5, -4.5, -4.5, -2.25, 0]]
    assert told(0, strength=0.5).parts(best)[0].tolist() == [-2.25, -2.25, -2.25, -1.125, 0]


def test_of_several_statements_the_nearest_counts_and_is_named() -> None:
    best = blended([[8.0, 5.0, 4.0, 3.0, 2.0]])
    both = told(0, 0, items=(0, 3))
    parts = both.parts(best)
    assert parts.tolist() == [[-4.5] * 5]
    owed = both.reasons(best, parts, 3)
    assert owed.tolist() == [[-4.5, -4.5, -4.5, 0, 0], [0, 0, 0, -4.5, -4.5], [0] * 5]


def test_where_all_scores_are_alike_it_falls_all_the_same() -> None:
    parts = told(0).parts(blended([[2.0, 2.0, np.nan, 2.0, 2.0]]))
    assert parts.tolist() == [[-1.125, -1.125, 0, -0.5625, 0]]
    assert told(0).parts(blended([[np.nan] * 3])).tolist() == [[0, 0, 0]]


def test_only_the_kind_less_is_told_and_only_if_it_weighs_below_zero() -> None:
    kinds = [Kind(1, "view", 1.0), LESS]
    people = people_of([[4, 2], [1]], 5)
    assert told_less(people, kinds, following) is None
    object.__setattr__(people, "kinds", np.array([0, 1, 1], dtype=np.int16))
    found = told_less(people, kinds, following)
    assert found is not None
    assert (found.rows.tolist(), found.places.tolist(), found.strength) == ([0, 1], [1, 2], 1.0)
    assert [own.tolist() for own in found.reach] == [[2, 3, 4, 0], [1, 2, 3, 4]]
    assert told_less(people, kinds[:1], following) is None
    assert told_less(people, [kinds[0], LESS._replace(weight=1.0)], following) is None


def parts_of(*rows: list[float]) -> Float32Array:
    return np.array(rows, dtype=np.float32)


def test_lists_are_in_the_order_of_scores_with_their_parts() -> None:
    best = blended([[5.0, 4.0, 3.0, 2.0], [5.0, 4.0, 3.0, np.nan]])
    after = with_parts(best, parts_of([-4, 0, 0, 0], [0, 0, 0, 0]), 3, 4)
    assert after.items.tolist() == [[1, 2, 3], [0, 1, 2]]
    assert after.totals.tolist() == [[4, 3, 2], [5, 4, 3]]
    assert after.contributions[-1].tolist() == [[0, 0, 0], [0, 0, 0]]
    worse = with_parts(best, parts_of([-1.5, 0, 0, 0], [0, -1, -1, 0]), 4, 4)
    assert worse.items[0].tolist() == [1, 0, 2, 3]
    assert worse.contributions[:, 0, 1].tolist() == [5, -1.5]
    assert np.array_equal(worse.contributions.sum(axis=0)[worse.valid], worse.totals[worse.valid])


def test_what_is_inserted_stays_behind() -> None:
    best = blended([[5.0, 4.0, 3.0, 9.0]])
    after = with_parts(best, parts_of([-2, 0, 0, -1]), 2, 3)
    assert after.items.tolist() == [[1, 0, 3]]
    assert after.totals.tolist() == [[4, 3, 8]]


def test_what_nobody_scores_comes_in_only_where_there_are_too_few() -> None:
    best = blended([[5.0, 0.0, -3.0, -4.0]])
    parts = parts_of([0, 0, 0, 0])
    assert with_parts(best, parts, 2, 4).items.tolist() == [[0, 2]]
    assert with_parts(best, parts, 4, 4).items.tolist() == [[0, 1, 2, 3]]
