from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from tastemaker.data.top_k import top_k_mask, top_k_places


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_top_k_are_the_first_of_a_stable_sort(seed: int, k: int) -> None:
    totals = np.random.default_rng(seed).integers(0, 5, (6, 20)).astype(np.float32)
    totals[0, 3:] = -np.inf
    expected = np.argsort(-totals, axis=1, kind="stable")[:, :k]
    assert top_k_places(totals, k).tolist() == expected.tolist()
    marked = [np.flatnonzero(row).tolist() for row in top_k_mask(totals, k)]
    assert marked == np.sort(expected, axis=1).tolist()
