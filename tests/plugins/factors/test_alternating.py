from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tastemaker_plugins.factors.alternating import (
    BATCH_CELLS,
    Observations,
    improved,
    in_own_axes,
    padded_batches,
)

Float32Array = npt.NDArray[np.float32]


def observations(lengths: list[int], n_columns: int = 7) -> Observations:
    rng = np.random.default_rng(0)
    indptr = np.cumsum([0, *lengths])
    columns = rng.integers(0, n_columns, indptr[-1])
    return Observations(indptr, columns, rng.random(indptr[-1], dtype=np.float32))


def vectors(n: int, rank: int, seed: int = 1) -> Float32Array:
    return np.random.default_rng(seed).standard_normal((n, rank)).astype(np.float32)


def matrix_of(observed: Observations, row: int, others: Float32Array) -> npt.NDArray[np.float64]:
    part = slice(*observed.indptr[row : row + 2])
    near = others[observed.columns[part]].astype(np.float64)
    matrix: npt.NDArray[np.float64] = (near * observed.weights[part, np.newaxis]).T @ near
    return matrix


@pytest.mark.parametrize(
    "lengths", [[3, 0, 1, 5, 1], [0, 0], [], [BATCH_CELLS + 1, 2, BATCH_CELLS - 1], [1] * 40_000]
)
def test_every_entry_is_in_one_batch(lengths: list[int]) -> None:
    observed = observations(lengths)
    rows = np.concatenate([batch.rows for batch in padded_batches(observed)] or [np.array([], int)])
    assert sorted(rows) == [row for row, length in enumerate(lengths) if length]
    totals = observed.totals()
    for batch in padded_batches(observed):
        assert batch.weights.shape == batch.columns.shape
        assert batch.weights.size <= BATCH_CELLS or len(batch.rows) == 1
        assert batch.weights.sum(axis=1) == pytest.approx(totals[batch.rows], rel=1e-4)


def test_in_their_own_axes_the_products_of_vectors_are_diagonal() -> None:
    others = vectors(20, 4)
    diagonal, rotation = in_own_axes(others)
    turned = others @ rotation
    assert turned.T @ turned == pytest.approx(np.diag(diagonal), abs=1e-4)
    assert turned @ turned.T == pytest.approx(others @ others.T, abs=1e-4)


def test_going_on_improving_ends_at_the_solution() -> None:
    observed, others = observations([3, 0, 1, 9]), vectors(7, 4)
    ridge = np.square(vectors(4, 4, 2)) + np.float32(0.5)
    points = vectors(4, 4, 5)
    for _ in range(5):
        points = improved(observed, others, ridge, points)
    for row in range(4):
        part = slice(*observed.indptr[row : row + 2])
        wanted = observed.weights[part] @ others[observed.columns[part]]
        matrix = matrix_of(observed, row, others) + np.diag(ridge[row])
        assert points[row] == pytest.approx(np.linalg.solve(matrix, wanted), abs=1e-4)


def test_a_solution_stays_where_it_is() -> None:
    observed = Observations(np.array([0, 1]), np.array([0]), np.ones(1, np.float32))
    others, ridge = np.ones((1, 1), np.float32), np.ones((1, 1), np.float32)
    # (1 - p) ** 2 + p ** 2 is least at a half
    half = np.full((1, 1), 0.5, np.float32)
    assert improved(observed, others, ridge, half) == pytest.approx(half)
