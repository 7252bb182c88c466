from __future__ import annotations

import numpy as np
import pytest

from tastemaker.blend.soft_ndcg import SoftNdcg
from tastemaker.blend.top_candidates import TopCandidates
from tastemaker.data import Float32Array


def soft_ndcg(values: list[list[list[float]]], relevant: list[list[int]]) -> SoftNdcg:
    """Of people with these scores (n, n_members, width), whose best DCG is 1."""
    n = len(values)
    marks = np.array(relevant, dtype=np.bool_)
    top = TopCandidates(
        np.arange(n, dtype=np.int64),
        np.array(values, dtype=np.float32),
        np.ones_like(marks),
        marks,
        np.ones(n, dtype=np.float32),
    )
    return SoftNdcg(top)


def weights(*rows: list[float]) -> Float32Array:
    return np.array(rows, dtype=np.float32)


def test_a_tie_counts_as_one_item_ahead() -> None:
    figures, _ = soft_ndcg([[[2, 2]]], [[1, 0]])(weights([1]))
    assert figures.tolist() == pytest.approx([1 / np.log2(3)])


def test_far_ahead_of_all_others_an_item_gains_1_and_far_behind_them_nothing() -> None:
    ranker = soft_ndcg([[[1, 0, 0]], [[0, 1, 1]]], [[1, 0, 0], [1, 0, 0]])
    figures, gradients = ranker(weights([100], [100]))
    assert figures.tolist() == pytest.approx([1, 0], abs=0.03)
    assert gradients[0, 0] == pytest.approx(0, abs=1e-6)


def test_relevant_items_are_not_in_each_others_way() -> None:
    alone, _ = soft_ndcg([[[3, 0]]], [[1, 0]])(weights([1]))
    both, _ = soft_ndcg([[[3, 3, 0]]], [[1, 1, 0]])(weights([1]))
    assert both[0] == pytest.approx(2 * alone[0])


def test_what_is_no_candidate_changes_nothing() -> None:
    short = soft_ndcg([[[1, 0]]], [[1, 0]])
    padded = TopCandidates(
        np.zeros(1, dtype=np.int64),
        np.array([[[1, 0, 9]]], dtype=np.float32),
        np.array([[True, True, False]]),
        np.array([[True, False, False]]),
        np.ones(1, dtype=np.float32),
    )
    expected, slopes = short(weights([1]))
    figures, gradients = SoftNdcg(padded)(weights([1]))
    assert figures.tolist() == expected.tolist()
    assert gradients.tolist() == slopes.tolist()


def test_where_everything_is_relevant_every_ranking_is_as_good() -> None:
    figures, gradients = soft_ndcg([[[1, 0]]], [[1, 1]])(weights([1]))
    assert figures.tolist() == pytest.approx([2])
    assert gradients[0, 0] == pytest.approx(0, abs=1e-6)


def test_the_gradient_says_how_the_figure_changes() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((3, 4, 6))
    ranker = soft_ndcg(
        values.tolist(), [[1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 1]]
    )
    at = rng.random((3, 4)).astype(np.float32)
    _, gradients = ranker(at)
    step = np.float32(0.01)
    for member in range(4):
        moved = np.zeros_like(at)
        moved[:, member] = step
        slopes = (ranker(at + moved)[0] - ranker(at - moved)[0]) / (2 * step)
        assert slopes.tolist() == pytest.approx(gradients[:, member].tolist(), abs=1e-3)
