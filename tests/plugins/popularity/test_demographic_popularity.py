from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from tastemaker import People, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.popularity.demographic_popularity import (
    DemographicPopularity,
    DemographicPopularitySettings,
)
from tastemaker_plugins.popularity.popular import RecentPopular

N_ITEMS = 4
Column = list[tuple[str, ...]]


def declaring(histories: list[list[int]], features: Mapping[str, Column]) -> People:
    columns = {name: tuple(column) for name, column in features.items()}
    return replace(people_of(histories, N_ITEMS), features=columns)


def readers() -> TrainingData:
    """Forty young people choose item 0, twenty old ones item 1, and everybody item 2."""
    histories = [[0, 2]] * 40 + [[1, 2]] * 20
    ages: Column = [*[("young",)] * 40, *[("old",)] * 20]
    return TrainingData(items_of(N_ITEMS), declaring(histories, {"age": ages}))


def scores_of(
    recommender: DemographicPopularity, *values: tuple[str, ...]
) -> npt.NDArray[np.float32]:
    return recommender.score(declaring([[]] * len(values), {"age": list(values)}))


def test_newcomers_are_offered_what_people_like_them_chose() -> None:
    young, old = scores_of(
        DemographicPopularity().fit(readers(), no_progress), ("young",), ("old",)
    )
    assert young[0] > young[1]
    assert old[1] - young[1] > 0 > old[0] - young[0]


def test_the_score_is_recent_popularity_times_the_evidence() -> None:
    data = readers()
    recommender = DemographicPopularity(
        DemographicPopularitySettings(prior=1.0, evidence_power=1.0, time_decay=1000.0)
    ).fit(data, no_progress)
    recent = RecentPopular().fit(data, no_progress).item_scores
    # of 120 choices 40 were of item 0; those of the young were 80, so 80 / 3 of 0 were expected
    expected = np.log(recent[0] + 0.01 * recent[:3].mean()) + np.log((40 + 1) / (80 / 3 + 1))
    assert scores_of(recommender, ("young",))[0, 0] == pytest.approx(expected, abs=1e-2)


def test_evidence_of_several_values_adds_up() -> None:
    recommender = DemographicPopularity().fit(readers(), no_progress)
    young, old, both = scores_of(recommender, ("young",), ("old",), ("young", "old"))
    assert both[:3] == pytest.approx(young[:3] + old[:3] - recommender.base[:3], abs=1e-5)


def test_without_a_known_value_it_abstains() -> None:
    recommender = DemographicPopularity().fit(readers(), no_progress)
    scores = scores_of(recommender, (), ("",), ("middle-aged",), ("YOUNG",))
    assert np.isnan(scores[:3]).all()
    assert np.isfinite(scores[3, :3]).all()
    assert np.isnan(recommender.score(people_of([[0]], N_ITEMS))).all()


def test_items_nobody_chose_score_nan() -> None:
    assert np.isnan(
        scores_of(DemographicPopularity().fit(readers(), no_progress), ("young",))[0, 3]
    )


def test_values_that_few_people_declare_are_left_out() -> None:
    recommender = DemographicPopularity(DemographicPopularitySettings(min_people=21)).fit(
        readers(), no_progress
    )
    young, old = scores_of(recommender, ("young",), ("old",))
    assert np.isfinite(young[0])
    assert np.isnan(old).all()


def test_ages_stand_for_the_steps_they_fall_in() -> None:
    ages: Column = [(str(20 + person % 60),) for person in range(240)]
    histories = [[0, 2] if person % 60 < 30 else [1, 2] for person in range(240)]
    data = TrainingData(items_of(N_ITEMS), declaring(histories, {"age": ages}))
    young, old = scores_of(DemographicPopularity().fit(data, no_progress), ("19.5",), ("99",))
    assert young[0] > young[1]
    assert old[1] > old[0]


def test_what_people_declared_is_in_the_state_as_hashes_only() -> None:
    state = DemographicPopularity().fit(readers(), no_progress).state()
    assert "young" not in json.dumps(dict(state.values))
    assert state.arrays["keys"].dtype == np.int64


def test_restored_it_scores_alike() -> None:
    recommender = DemographicPopularity(DemographicPopularitySettings(evidence_power=0.3)).fit(
        readers(), no_progress
    )
    again = DemographicPopularity.restore(recommender.state())
    assert np.array_equal(
        scores_of(again, ("young",), ()), scores_of(recommender, ("young",), ()), equal_nan=True
    )


def test_some_items_score_as_among_all() -> None:
    recommender = DemographicPopularity().fit(readers(), no_progress)
    people = declaring([[]] * 4, {"age": [("young",), (), ("old", "young"), ("older",)]})
    items = np.array([[1, 0, 3], [0, 1, 2], [2, 2, 0], [0, 0, 0]])
    expected = np.take_along_axis(recommender.score(people), items, axis=1)
    found = recommender.score_items(people, items)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, nan_ok=True)
    nobody = declaring([], {"age": []})
    assert recommender.score_items(nobody, items[:0]).shape == (0, 3)
