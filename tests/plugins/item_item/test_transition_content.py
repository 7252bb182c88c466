from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Items, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import people_of
from tastemaker_plugins.content.tfidf import Tfidf
from tastemaker_plugins.item_item.transition import Transition, TransitionSettings
from tastemaker_plugins.item_item.transition_content import (
    TransitionContent,
    TransitionContentSettings,
)

NAN = float("nan")
LAMP, FROG, SHADE, BULB = range(4)
TITLES = ("blue lamp", "green frog", "lamp shade", "lamp bulb")
HISTORIES = [[LAMP, FROG]] * 3 + [[LAMP, SHADE]] * 2 + [[FROG, BULB]]


def named(*titles: str) -> Items:
    ids = tuple(f"item-{index}" for index in range(len(titles)))
    return Items(ids, titles, ("",) * len(titles), {})


def training_data(items: Items, times: list[list[float]] | None = None) -> TrainingData:
    return TrainingData(items, people_of(HISTORIES, len(items), times=times))


def fitted(data: TrainingData, **settings: float) -> TransitionContent:
    plain = {"shrinkage": 0.0, "time_decay": 1000.0} | settings
    chosen = TransitionContentSettings(**plain)  # type: ignore[arg-type]
    return TransitionContent(chosen).fit(data, no_progress)


def test_of_what_follows_that_comes_first_which_is_alike() -> None:
    data = training_data(named(*TITLES))
    lamp = people_of([[LAMP]], 4)
    plain = Transition(TransitionSettings(time_decay=1000.0)).fit(data, no_progress)
    assert plain.retrieve(lamp, 2)[0].tolist() == [FROG, SHADE]
    assert fitted(data).retrieve(lamp, 2)[0].tolist() == [SHADE, FROG]


def test_what_is_alike_and_does_not_follow_is_not_recommended() -> None:
    data = training_data(named(*TITLES))
    assert Tfidf().fit(data, no_progress).similar(LAMP)[BULB] > 0
    assert fitted(data).similar(LAMP)[BULB] == 0


def test_a_link_is_the_share_of_what_follows_times_likeness() -> None:
    data = training_data(named(*TITLES))
    likeness = Tfidf().fit(data, no_progress).similar(LAMP)
    links = fitted(data, floor=0.5).similar(LAMP)
    assert links[FROG] == pytest.approx(3 / 5 * 0.5, rel=2e-3)
    assert links[SHADE] == pytest.approx(2 / 5 * (0.5 + likeness[SHADE]), rel=2e-3)


def test_a_score_is_the_sum_of_its_reasons() -> None:
    content = fitted(training_data(named(*TITLES)), half_life=1.0)
    person, items = people_of([[LAMP, FROG]], 4), np.arange(4)[np.newaxis]
    reasons = content.reasons(person, items)
    assert reasons.sum(axis=0) == pytest.approx(content.score(person)[0])
    # the lamp is one step old and counts half
    assert reasons[0, SHADE] == pytest.approx(content.similar(LAMP)[SHADE] / 2)
    assert reasons[1, BULB] == pytest.approx(content.similar(FROG)[BULB])


def test_without_times_or_words_it_abstains() -> None:
    lamp, times = people_of([[LAMP]], 4), [[NAN, NAN] for _ in HISTORIES]
    assert np.isnan(fitted(training_data(named(*TITLES), times)).score(lamp)).all()
    assert np.isnan(fitted(training_data(named("", "", "", ""))).score(lamp)).all()
