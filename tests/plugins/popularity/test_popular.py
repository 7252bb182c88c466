from __future__ import annotations

import numpy as np
import pytest

from tastemaker import TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.popularity.popular import Popular, RecentPopular, RecentPopularSettings

DAY = 86_400.0
NAN = float("nan")


def test_popularity_counts_interactions_by_the_weight_of_their_kind() -> None:
    people = people_of([[0, 1], [1, 2], [1]], 4, weights=[[1.0, 2.0], [1.0, 0.0], [-1.0]])
    scores = Popular().fit(TrainingData(items_of(4), people), no_progress).score(people)
    assert scores.tolist() == [[1.0, 3.0, 0.0, 0.0]] * 3


def test_one_person_counts_three_times_for_an_item_at_most() -> None:
    histories = [[0] * 1000, [1], [1], [1], [1], [2, 2]]
    weights = [[1.0] * len(own) for own in histories[:-1]] + [[0.1, 0.1]]
    often = people_of(histories, 3, weights=weights)
    scores = Popular().fit(TrainingData(items_of(3), often), no_progress).item_scores
    assert scores == pytest.approx([3.0, 4.0, 0.2])
    times = [[1000.0 * turn for turn in range(1000)], *([9e5] * len(own) for own in histories[1:])]
    people = people_of(histories, 3, times=times)
    recent = RecentPopular(RecentPopularSettings(half_life=4096.0))
    scores = recent.fit(TrainingData(items_of(3), people), no_progress).item_scores
    assert scores[0] <= 3 < scores[1]


def test_a_burst_of_few_people_does_not_count_as_recent() -> None:
    histories = [[0]] * 30 + [[1]] * 30 + [[2]] * 3
    times = [[0.0]] * 30 + [[50 * DAY]] * 30 + [[100 * DAY]] * 3
    people = people_of(histories, 3, times=times)
    recent = RecentPopular(RecentPopularSettings(half_life=5.0))
    scores = recent.fit(TrainingData(items_of(3), people), no_progress).item_scores
    # the three people make a third item the newest; it gets a twentieth of all, as in the past
    assert scores[2] < 1 and scores[1] > scores[0]


def test_recent_popularity_halves_with_every_half_life() -> None:
    times = [[0 * DAY, 2 * DAY, 4 * DAY]]
    people = people_of([[0, 1, 2]], 3, times=times)
    recommender = RecentPopular(RecentPopularSettings(half_life=2.0))
    scores = recommender.fit(TrainingData(items_of(3), people), no_progress).score(people)
    assert scores[0] == pytest.approx([0.25, 0.5, 1.0])


def test_without_times_it_is_plain_popularity() -> None:
    people = people_of([[0, 1], [1]], 2, times=[[NAN, NAN], [NAN]])
    data = TrainingData(items_of(2), people)
    plain, recent = (
        kind().fit(data, no_progress).score(people) for kind in (Popular, RecentPopular)
    )
    assert np.array_equal(plain, recent)


def test_an_unknown_time_counts_as_the_oldest() -> None:
    people = people_of([[0, 1, 2]], 3, times=[[NAN, 0.0, DAY]])
    recommender = RecentPopular(RecentPopularSettings(half_life=1.0))
    scores = recommender.fit(TrainingData(items_of(3), people), no_progress).score(people)
    assert scores[0] == pytest.approx([0.5, 0.5, 1.0])


@pytest.mark.parametrize("span", [1.0, 365.0])
def test_the_half_life_follows_the_data(span: float) -> None:
    # every tenth of the time has an item of its own: only a short memory predicts what comes
    histories = [[(moment + 50) // 100] for moment in range(1000)]
    moments = [[span * DAY * moment] for moment in range(1000)]
    people = people_of(histories, 11, times=moments)
    scores = RecentPopular().fit(TrainingData(items_of(11), people), no_progress).score(people)
    assert scores[0].argmax() == 10
    assert scores[0, 8] < scores[0, 10] / 2


def test_a_steady_taste_is_remembered_for_long() -> None:
    shares = np.arange(10, 0, -1) / 55
    chosen = np.random.default_rng(1).choice(10, 2000, p=shares)
    people = people_of(
        [[int(item)] for item in chosen], 10, times=[[DAY * moment] for moment in range(2000)]
    )
    scores = RecentPopular().fit(TrainingData(items_of(10), people), no_progress).score(people)
    counts = Popular().fit(TrainingData(items_of(10), people), no_progress).score(people)
    assert np.corrcoef(scores[0], counts[0])[0, 1] > 0.99


def test_the_list_is_the_same_for_everybody_and_ends_where_the_items_do() -> None:
    people = people_of([[0, 1], [1, 2], [1, 2]], 4)
    popular = Popular().fit(TrainingData(items_of(4), people), no_progress)
    assert popular.retrieve(people, 2).tolist() == [[1, 2]] * 3
    assert popular.retrieve(people.select(np.array([0])), 5).tolist() == [[1, 2, 0, 3, -1]]
    assert popular.score_items(people, np.array([[3, 1], [0, 0], [2, 1]])).tolist() == [
        [0, 3],
        [1, 1],
        [2, 3],
    ]
