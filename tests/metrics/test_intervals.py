from __future__ import annotations

import numpy as np
import pytest

from tastemaker.metrics.intervals import compare, interval, intervals


def test_the_interval_of_a_mean() -> None:
    figures = np.random.default_rng(0).normal(3.0, 2.0, 400)
    found = interval(figures)
    assert found.mean == figures.mean()
    assert found.high - found.low == pytest.approx(2 * 1.96 * figures.std() / 20, rel=0.1)
    assert interval(np.full(5, 0.25)) == interval(np.full(5, 0.25))
    assert interval(np.full(5, 0.25)).low == 0.25


def test_without_people_there_is_no_mean() -> None:
    assert np.isnan(interval(np.zeros(0)).mean)


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
