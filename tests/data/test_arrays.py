from __future__ import annotations

import numpy as np

from tastemaker.data import sample_rows


def test_a_sample_is_of_different_rows_in_order() -> None:
    rows = sample_rows(100, 10, np.random.default_rng(0))
    assert len(set(rows.tolist())) == 10
    assert rows.tolist() == sorted(rows.tolist())
    assert rows.tolist() != sample_rows(100, 10, np.random.default_rng(1)).tolist()


def test_where_there_are_no_more_rows_nothing_is_drawn() -> None:
    rng = np.random.default_rng(0)
    assert sample_rows(3, 3, rng).tolist() == [0, 1, 2]
    assert rng.random() == np.random.default_rng(0).random()
