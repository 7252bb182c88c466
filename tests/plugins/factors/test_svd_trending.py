from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.factors.svd import Svd, SvdSettings
from tastemaker_plugins.factors.svd_trending import SvdTrending, SvdTrendingSettings
from tastemaker_plugins.shared.trends import trends

DAY = 86_400.0
NAN = float("nan")
OLD, NEW, LINK, NEVER = 0, 1, 2, 3
HISTORIES = [[LINK, OLD]] * 20 + [[LINK, NEW]] * 20
"""Item 2 goes with item 0, and later as often with item 1."""


def data(*, timed: bool = True) -> TrainingData:
    days = [0.0] * 20 + [100.0] * 20
    times = [[day * DAY, day * DAY + 60] if timed else [NAN, NAN] for day in days]
    return TrainingData(items_of(4), people_of(HISTORIES, 4, times=times))


def test_of_items_that_suit_a_taste_alike_the_rising_one_ranks_first() -> None:
    plain = Svd(SvdSettings(time_decay=1000.0)).fit(data(), no_progress)
    rising = SvdTrending(SvdTrendingSettings(time_decay=1000.0)).fit(data(), no_progress)
    people = people_of([[LINK]], 4)
    score = plain.score(people)[0]
    assert score[OLD] == pytest.approx(score[NEW], rel=0.05)
    score = rising.score(people)[0]
    assert score[NEW] > 2 * score[OLD] > 0


def test_a_score_is_that_of_svd_times_the_trend() -> None:
    settings = SvdTrendingSettings()
    plain, rising = Svd().fit(data(), no_progress), SvdTrending(settings).fit(data(), no_progress)
    people = people_of([[LINK, OLD], [NEW], []], 4)
    expected = plain.score(people) * trends(data().people, settings)
    np.testing.assert_allclose(rising.score(people), expected, rtol=1e-5)
    assert np.isnan(rising.score(people)[:, NEVER]).all()


def test_without_times_it_abstains() -> None:
    rising = SvdTrending().fit(data(timed=False), no_progress)
    assert np.isnan(rising.score(people_of([[LINK], [OLD]], 4))).all()
    restored = SvdTrending.restore(rising.state())
    assert np.isnan(restored.score(people_of([[LINK], [OLD]], 4))).all()


def test_reasons_add_up_to_the_score() -> None:
    rising, people = SvdTrending().fit(data(), no_progress), people_of([[OLD, LINK]], 4)
    reasons = rising.reasons(people, np.array([[NEW]]))
    assert reasons.sum() == pytest.approx(rising.score(people)[0, NEW])
