from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker.testing import people_of
from tastemaker_plugins.factors.item_vectors import (
    ItemVectors,
    able,
    by_activity,
    damped_directions,
    popularity,
    power,
    scaled,
    truncated_svd,
)


def test_the_directions_are_those_of_a_full_decomposition() -> None:
    dense = np.random.default_rng(1).random((60, 40)).astype(np.float32)
    dense[dense < 0.7] = 0
    values, vectors = truncated_svd(csr_array(dense), 5, seed=0)
    _, expected, turned = np.linalg.svd(dense)
    assert values == pytest.approx(expected[:5], rel=1e-2)
    assert np.abs(np.einsum("ij,ji->i", turned[:2], vectors[:, :2])) == pytest.approx(1, abs=1e-2)
    assert vectors.T @ vectors == pytest.approx(np.eye(5), abs=1e-5)


def test_a_matrix_of_rank_one_has_one_direction() -> None:
    rows, columns = np.array([1.0, 2.0, 0.0]), np.array([0.0, 3.0, 4.0, 0.0])
    values, vectors = truncated_svd(csr_array(np.outer(rows, columns).astype(np.float32)), 8, 0)
    assert values == pytest.approx([np.sqrt(5) * 5])
    assert np.abs(vectors[:, 0]) == pytest.approx([0, 0.6, 0.8, 0], abs=1e-6)


def test_an_empty_matrix_has_no_direction() -> None:
    values, vectors = truncated_svd(csr_array(np.zeros((3, 4), np.float32)), 8, 0)
    assert values.shape == (0,)
    assert vectors.shape == (4, 0)


def test_damped_directions_multiply_to_ridge_regression_of_the_matrix_on_itself() -> None:
    dense = np.random.default_rng(1).random((9, 6)).astype(np.float32)
    directions, lengths = damped_directions(csr_array(dense), 6, 2.0, 0)
    vectors = directions * lengths
    gram = dense.T @ dense
    doubt = 2.0 * np.trace(gram) / 6
    assert vectors @ vectors.T == pytest.approx(
        np.linalg.inv(gram + doubt * np.eye(6)) @ gram, abs=1e-4
    )


def test_a_matrix_is_scaled_by_rows_and_columns() -> None:
    matrix = csr_array(np.array([[1, 0, 1], [0, 0, 4]], dtype=np.float32))
    assert popularity(matrix) == pytest.approx([1 / 3, 0, 5 / 3])
    assert by_activity(matrix) == pytest.approx([2**-0.25, 4**-0.25])
    found = scaled(matrix, np.array([2, 3], np.float32), np.array([5, 6, 7], np.float32))
    assert found.toarray() == pytest.approx(np.array([[10, 0, 14], [0, 0, 84]]))


def test_the_power_of_nothing_is_nothing() -> None:
    assert power(np.array([0, 4], np.float32), -0.5) == pytest.approx([0, 0.5])


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
