from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker_plugins.shared.truncated_svd import truncated_svd


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
