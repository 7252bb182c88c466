from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.repeats.own_frequency import OwnFrequency, OwnFrequencySettings

DAY = 86_400.0
NAN = float("nan")


def fitted(
    histories: list[list[int]], times: list[list[float]] | None = None, half_life: float = 0.0
) -> OwnFrequency:
    people = people_of(histories, 4, times=times)
    settings = OwnFrequencySettings(half_life=half_life)
    return OwnFrequency(settings).fit(TrainingData(items_of(4), people), no_progress)


def test_what_was_chosen_more_often_is_first_and_what_never_was_scores_nothing() -> None:
    model = fitted([[0, 1]], [[DAY, DAY]])
    people = people_of([[0, 1, 1], []], 4, times=[[DAY, DAY, DAY], []])
    scores = model.score(people)
    assert scores[0, 1] == pytest.approx(np.sqrt(2) * scores[0, 0])
    assert scores[0, 2:].tolist() == [0, 0]
    assert np.isnan(scores[1]).all()


def test_with_a_half_life_set_an_interaction_counts_half_after_it() -> None:
    model = fitted([[0]], [[10 * DAY]], half_life=5.0)
    scores = model.score(people_of([[0, 1]], 4, times=[[5 * DAY, 10 * DAY]]))[0]
    assert scores[0] ** 2 == pytest.approx(0.5 * scores[1] ** 2)


def test_the_half_lives_lie_around_the_median_gap() -> None:
    model = fitted([[0, 0, 0]], [[DAY, 11 * DAY, 21 * DAY]])
    assert model.half_lives / DAY == pytest.approx([2.5, 10.0, 40.0, 160.0])


def test_without_times_the_order_of_choices_does_not_matter_but_their_number_does() -> None:
    model = fitted([[0]], [[NAN]])
    scores = model.score(people_of([[0, 1, 0]], 4, times=[[NAN, NAN, NAN]]))[0]
    assert scores[0] > scores[1] > 0


def test_the_clock_goes_on_when_now_is_known_but_not_for_ever() -> None:
    model = fitted([[0, 0]], [[DAY, 11 * DAY]])
    people = people_of([[1]], 4, times=[[11 * DAY]])
    scores = [
        float(model.score(replace(people, now=day * DAY))[0, 1]) for day in (1, 11, 16, 21, 99)
    ]
    assert scores[0] == scores[1] > scores[2] > scores[3] == scores[4]


def test_it_says_how_often_and_every_how_many_days() -> None:
    model = fitted([[0]])
    times = [[DAY, DAY + 60, 31 * DAY, 61 * DAY, 61 * DAY]]
    people = people_of([[0, 0, 0, 0, 1]], 4, times=times)
    words = model.words(people, np.array([[0, 1, 2]]))
    assert words == [["you chose it 3 times, every 30 days", "you chose it once", ""]]


def test_untimed_choices_are_counted_one_by_one() -> None:
    people = people_of([[0, 0]], 4, times=[[NAN, NAN]])
    assert fitted([[0]]).words(people, np.array([[0]])) == [["you chose it twice"]]


def test_items_added_since_are_scored_too() -> None:
    model = fitted([[0]])
    model.extend(items_of(2, first=4))
    assert model.score(people_of([[5]], 6))[0, 5] > 0
