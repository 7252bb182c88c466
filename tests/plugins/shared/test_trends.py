from __future__ import annotations

import numpy as np
import pytest

from tastemaker import People
from tastemaker.testing import people_of
from tastemaker_plugins.shared.trends import TrendSettings, trends

DAY = 86_400.0
OLD, NEW, BOTH = 0, 1, 2


def chosen() -> People:
    """Twenty people of long ago and twenty of now; item 2 goes with either, item 3 with nobody."""
    histories = [[BOTH, OLD]] * 20 + [[BOTH, NEW]] * 20
    times = [[day * DAY] * 2 for day in [0.0] * 20 + [100.0] * 20]
    return people_of(histories, 4, times=times)


def test_a_trend_is_the_recent_count_over_the_total() -> None:
    # twenty of the eighty choices are old; of them next to nothing is left
    found = trends(chosen(), TrendSettings(trend_decay=0.01, prior=1.0))
    assert found == pytest.approx([1 / 21, (40 + 1) / 21, 1.0, 1.0], rel=1e-3)


def test_a_power_squares_a_trend_or_makes_it_nothing() -> None:
    once = trends(chosen(), TrendSettings(trend_power=1.0))
    assert trends(chosen(), TrendSettings(trend_power=2.0)) == pytest.approx(once**2, rel=1e-6)
    assert np.array_equal(trends(chosen(), TrendSettings(trend_power=0.0)), np.ones(4))


def test_the_prior_moves_every_trend_nearer_to_one() -> None:
    sure, unsure = (trends(chosen(), TrendSettings(prior=prior)) for prior in (1.0, 100.0))
    assert sure[OLD] < unsure[OLD] < 1 < unsure[NEW] < sure[NEW]
