from __future__ import annotations

import copy

import numpy as np
import pytest

from tastemaker import Items, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import (
    checkerboard,
    items_of,
    people_of,
    scored,
    stored,
    trained,
)
from tastemaker_plugins.factors.svd_features import SvdFeatures, SvdFeaturesSettings


def titled(*titles: str) -> Items:
    return Items(tuple(f"i{place}" for place in range(len(titles))), titles, ("",) * len(titles))


LAMPS_AND_FROGS = titled("red lamp", "blue lamp", "old lamp", "red frog", "blue frog", "old frog")
"""The lamps are chosen by some and the frogs by others, the last of each by nobody."""


def fitted(items: Items = LAMPS_AND_FROGS) -> SvdFeatures:
    histories = [[0, 1], [0, 1], [0], [1], [3, 4], [3, 4], [3], [4]]
    return SvdFeatures().fit(TrainingData(items, people_of(histories, len(items))), no_progress)


def test_people_are_offered_the_item_of_their_group_that_they_left_out() -> None:
    data = checkerboard()
    scores = scored(trained(SvdFeatures, data), data.people)
    for person in range(len(data.people) - 1):
        others = np.arange(data.n_items) % 2 != person % 2
        assert scores[person, person % data.n_items] > scores[person, others].max() + 0.05


def test_an_item_that_nobody_chose_has_the_place_of_its_terms() -> None:
    lamp, frog = fitted().score(people_of([[0], [3]], 6))
    assert lamp[2] > lamp[5] + 0.01
    assert frog[5] > frog[2] + 0.01


def test_an_item_added_later_is_scored_and_scores_others() -> None:
    features = fitted()
    longer = copy.copy(features)
    longer.extend(titled("new lamp", "new frog", "unknown words"))
    lamp, frog, new = longer.score(people_of([[0], [3], [6]], 9))
    assert lamp[6] > lamp[7] + 0.01
    assert frog[7] > frog[6] + 0.01
    assert new[:2].min() > new[3:5].max() + 0.01
    assert np.isnan(lamp[8])
    assert features.score(people_of([[0]], 6)).shape == (1, 6)


def test_added_items_are_placed_alike_after_being_stored() -> None:
    features = fitted()
    restored = SvdFeatures.restore(stored(features.state()))
    for each in (features, restored):
        each.extend(titled("new lamp", "new frog"))
    people = people_of([[0, 6], [7]], 8)
    assert restored.score(people) == pytest.approx(features.score(people), nan_ok=True)


def test_placed_items_do_not_outweigh_chosen_ones_of_their_kind() -> None:
    lamp = fitted().score(people_of([[0]], 6))[0]
    assert lamp[2] < lamp[1]


def test_without_terms_it_scores_as_svd_does() -> None:
    features = fitted(titled(*[""] * 6))
    scores = features.score(people_of([[0]], 6))[0]
    assert np.isnan(scores[[2, 5]]).all()
    assert scores[1] > scores[[3, 4]].max() + 0.01


def test_reasons_reach_through_placed_items() -> None:
    features, people = fitted(), people_of([[2, 0]], 6)
    reasons = features.reasons(people, np.array([[1]]))
    assert (reasons > 0).all()
    assert reasons.sum() == pytest.approx(features.score(people)[0, 1], rel=1e-5)


def test_placed_items_are_like_those_with_their_terms() -> None:
    likeness = fitted().similar(2)
    assert likeness[2] == pytest.approx(1)
    assert likeness[:2].min() > likeness[3:].max()


def test_the_memory_estimate_grows_with_the_terms() -> None:
    data = TrainingData(items_of(4), people_of([[0, 1]], 4))
    few, many = (SvdFeatures(SvdFeaturesSettings(max_terms=n)) for n in (100, 10_000))
    assert few.memory(data) < many.memory(data)
