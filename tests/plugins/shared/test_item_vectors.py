from __future__ import annotations

import numpy as np
import pytest

from tastemaker.testing import people_of
from tastemaker_plugins.shared.item_vectors import ItemVectors, able

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
    scores = DIRECTED.mean_scores(people, weights, rows)
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
    reasons = DIRECTED.mean_reasons(people, weights, 1, rows)
    assert reasons == pytest.approx([-2 / 4, 6 / 4, 0])
    assert reasons.sum() == pytest.approx(DIRECTED.mean_scores(people, weights, rows)[0, 1])
    assert not DIRECTED.mean_reasons(people, weights, 2, rows).any()


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
