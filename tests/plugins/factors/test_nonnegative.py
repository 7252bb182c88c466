from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import nnls

from tastemaker_plugins.factors.nonnegative import Nonnegative

Float32Array = npt.NDArray[np.float32]


def problem(rank: int = 12, rows: int = 30) -> tuple[Float32Array, Float32Array, Float32Array]:
    """The themes, the gram matrix, and what is wanted of some random rows."""
    rng = np.random.default_rng(0)
    themes = rng.gamma(0.3, 1, (40, rank)).astype(np.float32)
    gram = themes.T @ themes + np.eye(rank, dtype=np.float32)
    seen = (rng.random((rows, 40)) < 0.2).astype(np.float32)
    return themes, gram, seen @ themes


def test_it_finds_what_the_slow_way_finds() -> None:
    _, gram, wanted = problem()
    root = np.linalg.cholesky(gram.astype(np.float64))
    expected = [nnls(root.T, np.linalg.solve(root, row))[0] for row in wanted.astype(np.float64)]
    found = Nonnegative(gram).solve(wanted, np.zeros_like(wanted), 200)
    assert found == pytest.approx(np.array(expected), abs=1e-4)
    assert (np.array(expected) == 0).any()


def test_a_row_comes_out_alike_alone_and_among_many() -> None:
    _, gram, wanted = problem()
    solver = Nonnegative(gram)
    together = solver.solve(wanted, np.zeros_like(wanted), 20)
    for row in range(len(wanted)):
        alone = solver.solve(wanted[[row]], np.zeros_like(wanted[[row]]), 20)
        assert alone[0] == pytest.approx(together[row], abs=1e-5)


def test_more_steps_come_nearer() -> None:
    _, gram, wanted = problem()
    start = np.zeros_like(wanted)

    def loss(steps: int) -> float:
        points = Nonnegative(gram).solve(wanted, start, steps)
        return float(np.sum(points @ gram * points) / 2 - np.sum(points * wanted))

    assert loss(100) <= loss(10) < loss(1) < loss(0)


def test_one_unknown_is_its_share_or_nothing() -> None:
    solver = Nonnegative(np.array([[4.0]], dtype=np.float32))
    wanted = np.array([[2.0], [-2.0], [0.0]], dtype=np.float32)
    found = solver.solve(wanted, np.zeros_like(wanted), 3)
    assert found == pytest.approx(np.array([[0.5], [0], [0]]))


def test_without_themes_there_is_nothing_to_find() -> None:
    nothing = np.zeros((2, 0), dtype=np.float32)
    gram = np.zeros((0, 0), dtype=np.float32)
    assert Nonnegative(gram).solve(nothing, nothing, 3).shape == (2, 0)
