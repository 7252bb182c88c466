from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker.data import BoolArray, Histories, Int64Array, People
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.measuring import compare, interval, intervals, measure


def nobody_known(n: int, n_items: int) -> People:
    empty = np.zeros(0, dtype=np.float32)
    histories = Histories(
        np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int32), empty.copy(), n_items
    )
    return People(histories, np.zeros(0), np.zeros(0, dtype=np.int16), empty.copy())


def low_indexes(people: People, excluded: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
    order = np.argsort(excluded, axis=1, kind="stable")[:, :k]
    return order, ~np.take_along_axis(excluded, order, axis=1)


def test_the_figures_of_each_person() -> None:
    seen = csr_array(np.array([[1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool))
    chosen = csr_array(np.array([[1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool))
    figures = measure(HeldOutCases(nobody_known(2, 4), seen, chosen), low_indexes, (1, 3))
    assert figures["ndcg@1"].tolist() == [1, 0]
    assert figures["recall@3"].tolist() == [1, 0.5]
    assert figures["mrr@3"] == pytest.approx([1, 1 / 3])


def test_what_is_not_there_is_no_hit() -> None:
    seen = csr_array(np.array([[1, 1, 1, 0]], dtype=bool))
    chosen = csr_array(np.array([[1, 1, 1, 1]], dtype=bool))
    figures = measure(HeldOutCases(nobody_known(1, 4), seen, chosen), low_indexes, (3,))
    assert figures["recall@3"].tolist() == [1]
    assert figures["ndcg@3"].tolist() == [1]


def test_nobody_gives_no_figures() -> None:
    none = csr_array((0, 4), dtype=bool)
    assert len(measure(HeldOutCases(nobody_known(0, 4), none, none), low_indexes)["ndcg@10"]) == 0
    assert np.isnan(interval(np.zeros(0)).mean)


def test_the_interval_of_a_mean() -> None:
    figures = np.random.default_rng(0).normal(3.0, 2.0, 400)
    found = interval(figures)
    assert found.mean == figures.mean()
    assert found.high - found.low == pytest.approx(2 * 1.96 * figures.std() / 20, rel=0.1)
    assert interval(np.full(5, 0.25)) == interval(np.full(5, 0.25))
    assert interval(np.full(5, 0.25)).low == 0.25


def test_a_paired_comparison_sees_what_two_intervals_hide() -> None:
    rng = np.random.default_rng(1)
    first = rng.normal(0, 5, 200)
    second = first - 0.1 + rng.normal(0, 0.05, 200)
    assert interval(first).low < interval(second).high
    assert compare(first, second).low > 0


def test_all_columns_see_the_same_people_drawn() -> None:
    figures = np.random.default_rng(2).normal(0, 1, (50, 1))
    first, shifted, constant = intervals(np.hstack((figures, figures + 1, figures * 0)))
    assert (shifted.low, shifted.high) == pytest.approx((first.low + 1, first.high + 1))
    assert (constant.low, constant.mean, constant.high) == (0, 0, 0)
    alone = interval(figures[:, 0])
    assert (first.low, first.high) == pytest.approx((alone.low, alone.high))
