from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker_plugins.item_item.predictors import (
    CoOccurrence,
    DenseCoOccurrence,
    SparseCoOccurrence,
)

# item 0 has most in common with item 1, but item 2 is always beside it
PRESENCE = np.array(
    [[1, 1, 1], [1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [1, 0, 1]],
    dtype=np.float32,
)
DENSE = DenseCoOccurrence(PRESENCE.T @ PRESENCE)
SPARSE = SparseCoOccurrence.of(csr_array(PRESENCE))


@pytest.mark.parametrize("common", [DENSE, SPARSE])
def test_predictors_are_the_most_alike_and_never_the_item_itself(common: CoOccurrence) -> None:
    assert common.squares.tolist() == [4, 6, 2]
    one = common.systems(np.array([0]), 1)
    assert one.predictors.tolist() == [[2]]
    assert one.cross == pytest.approx(np.array([[2]]))
    assert one.inner.tolist() == [[[2]]]
    two = common.systems(np.array([0]), 2)
    assert sorted(two.predictors[0].tolist()) == [1, 2]


def test_both_ways_give_the_same_systems() -> None:
    random = np.random.default_rng(1)
    presence = random.random((50, 12), dtype=np.float32)
    presence[presence > 0.4] = 0
    targets = np.array([3, 7])
    dense = DenseCoOccurrence(presence.T @ presence).systems(targets, 5)
    sparse = SparseCoOccurrence.of(csr_array(presence)).systems(targets, 5)
    for target in range(2):
        left, right = (np.argsort(own.predictors[target]) for own in (dense, sparse))
        assert dense.predictors[target, left].tolist() == sparse.predictors[target, right].tolist()
        assert dense.cross[target, left] == pytest.approx(sparse.cross[target, right], rel=1e-5)
        inner = dense.inner[left, target][:, left]
        assert inner == pytest.approx(sparse.inner[right, target][:, right], rel=1e-5)


def test_what_has_nothing_in_common_only_fills_up() -> None:
    alone = SparseCoOccurrence.of(csr_array(np.eye(3, dtype=np.float32)))
    assert alone.systems(np.array([1]), 2).cross.tolist() == [[0, 0]]
