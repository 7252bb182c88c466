from __future__ import annotations

import numpy as np
import pytest

from tastemaker.holdout.methods import make_folds
from tastemaker.holdout.splits import Split
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import no_progress
from tastemaker.testing import people_of
from tastemaker.training.building import UnsavedRelease, build
from tastemaker.training.fitting import choose
from tastemaker.training.repeats import share_of_repeats

from .conftest import KNN, POPULAR, community
from .habits import Counting, regulars


@pytest.fixture(scope="module")
def built() -> UnsavedRelease:
    registry = Registry([Counting])
    return build(registry, choose(registry, {}, ["counting", KNN]), regulars(), no_progress)


def test_the_share_is_of_pairs_chosen_that_had_been_chosen_before() -> None:
    people = people_of([[0, 1, 0, 0, 2], [3, 3], [4]], 5)
    known = np.array([1, 1, 0, 0, 0, 1, 0, 0], dtype=np.bool_)
    # held out: 0 (twice, known) and 2; 3, known; 4 of somebody new
    assert share_of_repeats(people, [Split(known, ~known, "")]) == 2 / 4
    assert share_of_repeats(people, []) == 0


def test_what_counts_for_nothing_is_no_repeat() -> None:
    people = people_of([[0, 0, 1, 1]], 2, weights=[[1.0, 1.0, 0.0, 1.0]])
    known = np.array([1, 0, 1, 0], dtype=np.bool_)
    assert share_of_repeats(people, [Split(known, ~known, "")]) == 1 / 2


def test_where_people_repeat_themselves_the_counting_member_gets_the_weight(
    built: UnsavedRelease,
) -> None:
    assert built.repeats is not None
    curve = built.repeats.curve
    (weights,) = curve.at(np.array([20]))
    assert curve.members[int(np.argmax(weights))] == "counting"
    # four in five choices are usual ones
    assert 0.5 < built.repeats.share < 0.9
    measures = built.repeats.measures
    assert measures["counting"]["ndcg@10"] > measures[KNN]["ndcg@10"]
    assert measures["blend"]["ndcg@10"] >= measures["counting"]["ndcg@10"] - 0.01


def test_each_curve_has_the_members_of_use_to_it_and_all_are_stored(built: UnsavedRelease) -> None:
    assert built.repeats is not None
    assert built.curve.members == (KNN,)
    assert {model.name for model in built.models} == {"counting", KNN}
    states = {report.name: (report.state, report.problem) for report in built.members}
    assert states["counting"] == ("serving", "")


def test_where_nobody_repeats_anything_there_is_no_second_curve() -> None:
    registry, data = Registry([Counting]), community()
    assert share_of_repeats(data.people, make_folds(data.people)) == 0
    made = build(registry, choose(registry, {}, ["counting", KNN]), data, no_progress)
    assert made.repeats is None
    assert [model.name for model in made.models] == [KNN]


def test_a_member_of_neither_curve_is_not_stored() -> None:
    registry = Registry([Counting])
    made = build(
        registry, choose(registry, {}, ["counting", KNN, POPULAR]), regulars(), no_progress
    )
    assert made.repeats is not None
    kept = {*made.curve.members, *made.repeats.curve.members}
    assert {model.name for model in made.models} == kept
    states = {report.name: report.state for report in made.members}
    assert {name for name, state in states.items() if state == "serving"} == {*kept, "blend"}
