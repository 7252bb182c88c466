from __future__ import annotations

import numpy as np
import pytest

from tastemaker_plugins.factors.folding import FoldedHistory


@pytest.mark.parametrize("n_interactions", [1, 4, 5, 30])
def test_both_systems_give_what_least_squares_give(n_interactions: int) -> None:
    draw = np.random.default_rng(n_interactions)
    vectors = draw.standard_normal((n_interactions, 5)).astype(np.float32)
    weights, ridge = draw.random(n_interactions, np.float32), draw.random(5, np.float32) + 0.5
    weights[0] = 0
    items = draw.standard_normal((3, 5)).astype(np.float32)
    matrix = (vectors * weights[:, np.newaxis]).T @ vectors + np.diag(ridge)
    expected = np.linalg.solve(matrix.astype(np.float64), weights @ vectors)
    shares = weights[:, np.newaxis] * (vectors @ np.linalg.solve(matrix, items.T))
    folded = FoldedHistory.of(vectors.copy(), weights, ridge)
    assert len(folded.matrix) == min(5, n_interactions)
    assert folded.person() == pytest.approx(expected, abs=1e-5)
    assert folded.shares(items) == pytest.approx(shares, abs=1e-5)
    assert folded.shares(items).sum(axis=0) == pytest.approx(items @ expected, abs=1e-5)


def test_one_interaction_of_weight_one_is_met_halfway() -> None:
    ones = np.ones((1, 1), np.float32)
    # (1 - p) ** 2 + p ** 2 is least at a half
    folded = FoldedHistory.of(ones.copy(), ones[0], ones[0])
    assert folded.person() == pytest.approx([0.5])
    assert folded.person().dtype == np.float32


def test_without_a_history_there_is_nobody() -> None:
    nothing = np.zeros((0, 3), np.float32)
    folded = FoldedHistory.of(nothing, np.zeros(0, np.float32), np.ones(3, np.float32))
    assert folded.person().tolist() == [0, 0, 0]
    assert folded.shares(np.ones((2, 3), np.float32)).shape == (0, 2)
