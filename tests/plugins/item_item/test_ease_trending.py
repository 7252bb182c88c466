from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.item_item.ease import Ease, EaseSettings
from tastemaker_plugins.item_item.ease_trending import EaseTrending, EaseTrendingSettings

DAY = 86_400.0
NAN = float("nan")
OLD, NEW, LINK = 0, 1, 2
HISTORIES = [[LINK, OLD]] * 20 + [[LINK, NEW]] * 20
"""Item 2 goes with item 0, and later as often with item 1."""


def data(*, timed: bool = True) -> TrainingData:
    days = [0.0] * 20 + [100.0] * 20
    times = [[day * DAY, day * DAY + 60] if timed else [NAN, NAN] for day in days]
    return TrainingData(items_of(4), people_of(HISTORIES, 4, times=times))


def test_of_items_that_go_with_the_history_alike_the_rising_one_ranks_first() -> None:
    plain = Ease(EaseSettings(time_decay=1000.0)).fit(data(), no_progress)
    rising = EaseTrending(EaseTrendingSettings(time_decay=1000.0)).fit(data(), no_progress)
    people = people_of([[LINK]], 4)
    score = plain.score(people)[0]
    assert score[OLD] == pytest.approx(score[NEW], rel=0.05)
    score = rising.score(people)[0]
    assert score[NEW] > 2 * score[OLD] > 0


def test_with_the_power_zero_it_is_ease() -> None:
    same = {"regularization": 10.0, "half_life": 6.0, "time_decay": 0.5}
    plain = Ease(EaseSettings(**same)).fit(data(), no_progress)  # type: ignore[arg-type]
    flat = EaseTrending(EaseTrendingSettings(trend_power=0.0, **same)).fit(data(), no_progress)  # type: ignore[arg-type]
    people = people_of([[LINK, OLD], [NEW]], 4)
    assert np.array_equal(flat.score(people), plain.score(people), equal_nan=True)


def test_without_times_it_abstains() -> None:
    trending = EaseTrending().fit(data(timed=False), no_progress)
    assert np.isnan(trending.score(people_of([[LINK], [OLD]], 4))).all()


def test_reasons_add_up_to_the_score() -> None:
    trending, people = EaseTrending().fit(data(), no_progress), people_of([[OLD, LINK]], 4)
    shares = trending.reasons(people, np.array([[NEW, OLD]]))
    assert shares.sum(axis=0) == pytest.approx(trending.score(people)[0, [NEW, OLD]])
