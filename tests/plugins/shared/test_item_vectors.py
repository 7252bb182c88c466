from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Float32Array
from tastemaker.testing import people_of
from tastemaker_plugins.shared.half_precision import WHOLE
from tastemaker_plugins.shared.item_vectors import EXACT, MANY, ItemVectors
from tastemaker_plugins.shared.vector_search import able

KNOWN = np.array([True, True, False])
DIRECTED = ItemVectors(
    np.array([[1, 0], [0, 2], [5, 5]], np.float32),
    KNOWN,
    np.array([[1, 1], [0, -1], [3, 0], [0, 1], [7, 7], [7, 7]], np.float32),
)
"""Three items of which the third is unknown; in a history each can mean one of two things."""


def test_one_person_and_many_are_summed_alike() -> None:
    vectors = ItemVectors(np.eye(3, dtype=np.float32), np.array([True, True, False]))
    people = people_of([[0, 1, 0], [], [2]], 3)
    weights = vectors.counted(people, np.array([1, 2, 3, 4], np.float32))
    sums = vectors.sums(people, weights)
    assert sums == pytest.approx(np.array([[4, 2, 0], [0, 0, 0], [0, 0, 0]]))
    first = people.select(np.array([0]))
    assert vectors.sums(first, weights[:3]) == pytest.approx(sums[:1])
    assert able(people, weights).tolist() == [True, False, False]


def test_a_vector_of_no_length_is_like_nothing() -> None:
    vectors = ItemVectors(np.array([[1, 0], [0, 0], [3, 0]], np.float32), np.ones(3, dtype=bool))
    assert vectors.similar(0) == pytest.approx([1, 0, 1])
    assert vectors.similar(1) == pytest.approx([0, 0, 0])


def test_a_score_is_the_mean_of_the_history_by_the_vectors_of_what_it_means() -> None:
    people = people_of([[0, 1, 2], [2], []], 3)
    weights, rows = np.array([1, 3, 9, 1], np.float32), np.array([0, 2, 4, 4])
    scores = DIRECTED.scores(DIRECTED.profiles(people, DIRECTED.shares(people, weights), rows))
    # (1 * (1, 1) + 3 * (3, 0)) / 4, as the unknown item does not count
    assert scores[0, :2] == pytest.approx([10 / 4, 2 / 4])
    assert np.isnan(scores[:, 2]).all()
    assert np.isnan(scores[1:]).all()


def test_shares_of_a_person_add_up_to_one_or_nothing() -> None:
    people = people_of([[0, 1, 2], [2]], 3)
    shares = DIRECTED.shares(people, np.array([1, 3, 9, 1], np.float32))
    assert shares == pytest.approx([0.25, 0.75, 0, 0])


def test_mean_reasons_add_up_to_the_mean_score() -> None:
    people = people_of([[0, 1, 2]], 3)
    weights, rows = np.array([1, 3, 9], np.float32), np.array([1, 3, 4])
    reasons = DIRECTED.mean_reasons(people, weights, np.array([[1, 2]]), rows)
    # (0, 2) . (1, 1) and 3 times (0, 2) . (0, 1), over 1 + 3; the third item is unknown
    assert reasons[:, 0] == pytest.approx([-2 / 4, 6 / 4, 0])
    profiles = DIRECTED.profiles(people, DIRECTED.shares(people, weights), rows)
    assert reasons[:, 0].sum() == pytest.approx(DIRECTED.scores(profiles)[0, 1])
    assert not reasons[:, 1].any()


def test_scores_after_an_item_take_its_usual_meaning() -> None:
    assert DIRECTED.scores_after(1)[:2] == pytest.approx([3, 0])
    assert np.isnan(DIRECTED.scores_after(1)[2])
    assert np.isnan(DIRECTED.scores_after(2)).all()


@pytest.mark.parametrize(("vectors", "history"), [("offered", "brought"), ("targets", "sources")])
def test_arrays_are_read_by_their_former_names(vectors: str, history: str) -> None:
    arrays = {vectors: DIRECTED.vectors, "known": KNOWN, history: DIRECTED.sources, "words": KNOWN}
    found = ItemVectors.of(arrays)
    assert found.vectors is DIRECTED.vectors
    assert found.history_vectors is DIRECTED.sources
    assert ItemVectors.of({"vectors": DIRECTED.vectors, "known": KNOWN}).history_vectors is None


def test_items_are_joined_with_all_their_vectors() -> None:
    joined = DIRECTED.joined(DIRECTED)
    assert joined.vectors.tolist() == DIRECTED.vectors.tolist() * 2
    assert joined.sources.tolist() == DIRECTED.sources.tolist() * 2
    assert joined.known.tolist() == KNOWN.tolist() * 2


BIASED = ItemVectors(
    np.array([[1, 0], [0, 2], [5, 5], [2, 0]], np.float32),
    np.array([True, True, False, True]),
    biases=np.array([0.5, 0, 9, -0.5], np.float32),
)
PROFILES = np.array([[1, 1], [np.nan, np.nan], [0, 1]], np.float32)
"""Of one who likes both, one of whom nothing is known, and one who likes the second item alone."""


def test_some_items_score_as_among_all() -> None:
    items = np.array([[3, 2, 0, 0], [0, 1, 2, 3], [1, 1, 3, 2]])
    found = BIASED.score_items(PROFILES, items)
    nan = np.nan
    expected = [[1.5, nan, 1.5, 1.5], [nan] * 4, [2, 2, -0.5, nan]]
    assert found == pytest.approx(np.array(expected), nan_ok=True)
    assert found == pytest.approx(
        np.take_along_axis(BIASED.scores(PROFILES), items, axis=1), nan_ok=True
    )
    one = BIASED.score_items(PROFILES[:1], items[:1])
    assert one == pytest.approx(found[:1], nan_ok=True)


def test_the_best_come_first_the_earlier_of_equals_and_none_that_is_unknown() -> None:
    best = BIASED.retrieve(PROFILES, 4)
    assert best.tolist() == [[1, 0, 3, -1], [-1] * 4, [1, 0, 3, -1]]
    assert BIASED.retrieve(PROFILES, 2).tolist() == [[1, 0], [-1, -1], [1, 0]]
    assert best.dtype == np.int64


def many(n: int, size: int = 8) -> ItemVectors:
    """Vectors around twenty centres, short and long ones; every tenth item is unknown."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((20, size))
    vectors = centres[draw.integers(0, 20, n)] + 0.4 * draw.standard_normal((n, size))
    vectors *= np.exp(0.5 * draw.standard_normal((n, 1)))
    known = np.arange(n) % 10 != 3
    biases = draw.standard_normal(n).astype(np.float32)
    return ItemVectors(vectors.astype(np.float32), known, biases=biases)


def test_beyond_a_size_nearly_the_best_are_found_by_an_index() -> None:
    exact = many(EXACT + 1000)
    indexed = exact.finished()
    assert exact.index is None
    assert indexed.index is not None
    profiles = np.random.default_rng(1).standard_normal((MANY - 1, 8)).astype(np.float32)
    found, best = indexed.retrieve(profiles, 100), exact.retrieve(profiles, 100)
    common = [len(np.intersect1d(*rows)) for rows in zip(found, best, strict=True)]
    assert np.mean(common) >= 98
    assert found.tolist() != best.tolist()
    scores = indexed.score_items(profiles, found)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_items_added_later_are_found_beside_the_index() -> None:
    indexed = many(EXACT + 1).finished()
    far = ItemVectors(
        np.full((2, 8), 50, np.float32), np.array([False, True]), biases=np.zeros(2, np.float32)
    )
    longer = indexed.joined(far)
    found = longer.retrieve(np.ones((1, 8), np.float32), 5)[0]
    assert found[0] == EXACT + 2
    assert (found != EXACT + 1).all()


def test_what_is_stored_is_half_as_large_and_scores_as_what_was_finished() -> None:
    exact = many(8000)
    finished = exact.finished()
    arrays = finished.arrays()
    assert arrays["vectors"].dtype == np.float16
    profiles = np.random.default_rng(1).standard_normal((3, 8)).astype(np.float32)
    expected = finished.scores(profiles)
    assert np.array_equal(ItemVectors.of(arrays).scores(profiles), expected, equal_nan=True)
    assert expected == pytest.approx(exact.scores(profiles), rel=1e-2, abs=1e-2, nan_ok=True)


def test_vectors_too_many_to_widen_score_as_widened_ones() -> None:
    arrays = many(WHOLE // 8 + 100).finished().arrays()
    halves = ItemVectors.of(arrays)
    assert halves.vectors.dtype == np.float16
    widened = ItemVectors(arrays["vectors"].astype(np.float32), halves.known, biases=halves.biases)
    profiles = np.random.default_rng(1).standard_normal((2, 8)).astype(np.float32)
    items = np.random.default_rng(2).integers(0, len(halves.known), (2, 50))

    def agree(one: Float32Array, other: Float32Array) -> None:
        assert np.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)

    agree(halves.scores(profiles), widened.scores(profiles))
    agree(halves.score_items(profiles, items), widened.score_items(profiles, items))
    agree(halves.similar(7), widened.similar(7))
    people = people_of([[0, 1, 2], []], len(halves.known))
    weights = np.ones(3, np.float32)
    agree(halves.sums(people, weights), widened.sums(people, weights))
    agree(halves.reasons(people, weights, items), widened.reasons(people, weights, items))
