from __future__ import annotations

import numpy as np
import pytest

from tastemaker.errors import TrainingError
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import State, no_progress
from tastemaker.training.building import UnsavedRelease, build
from tastemaker.training.limits import Limits
from tastemaker_plugins.item_item.item_knn import ItemKnn

from .conftest import KNN, POPULAR, community, named


def states(unsaved: UnsavedRelease) -> dict[str, str]:
    return {report.name: report.state for report in unsaved.members}


def problems(unsaved: UnsavedRelease) -> dict[str, str]:
    return {report.name: report.problem for report in unsaved.members if report.problem}


def test_a_release_is_built_from_data_alone(registry: Registry) -> None:
    data = community()
    built = build(registry, named(registry, "fixed", KNN), data, no_progress)
    names = tuple(model.name for model in built.models)
    assert names == built.curve.members
    assert states(built)[KNN] == "serving"
    assert list(states(built))[-1] == "blend"
    assert "measured" not in built.basis and built.basis
    model = built.models[names.index(KNN)]
    restored = ItemKnn.restore(State(model.arrays, model.values))
    assert restored.score(data.people).shape == (len(data.people), data.n_items)


def test_the_same_seed_builds_the_same(registry: Registry) -> None:
    first, second = (
        build(registry, named(registry, POPULAR, KNN), community(), no_progress) for _ in range(2)
    )
    assert first.curve.members == second.curve.members
    assert np.array_equal(first.curve.weights, second.curve.weights)
    assert first.members[-1].measures == second.members[-1].measures


def test_a_fit_that_needs_too_much_memory_is_declined_with_the_numbers(registry: Registry) -> None:
    limits = Limits(memory=3 * 2**30)
    built = build(registry, named(registry, "huge", KNN), community(), no_progress, limits)
    assert states(built)["huge"] == "declined"
    assert "needs 1024.0 GB of memory, more than the limit of 3.0 GB" in problems(built)["huge"]
    assert built.curve.members == (KNN,)


def test_a_recommender_that_cannot_estimate_its_memory_has_failed(registry: Registry) -> None:
    built = build(registry, named(registry, "clueless", KNN), community(), no_progress)
    assert states(built)["clueless"] == "failed"
    assert "cannot estimate its memory: ValueError (line" in problems(built)["clueless"]


def test_a_fit_that_takes_too_long_is_stopped(registry: Registry) -> None:
    limits = Limits(seconds=2.0)  # of which one fit may take a quarter of a second
    built = build(registry, named(registry, KNN, "slow"), community(), no_progress, limits)
    assert states(built)["slow"] == "declined"
    assert problems(built)["slow"].startswith("stopped: one fit may take 0 s")
    assert built.curve.members == (KNN,)


def test_a_fit_that_is_not_begun_in_time_is_reported(registry: Registry) -> None:
    with pytest.raises(TrainingError, match="not begun: 50% of the time limit"):
        build(registry, named(registry, KNN), community(), no_progress, Limits(seconds=1e-9))


def test_without_any_recommender_there_is_no_release(registry: Registry) -> None:
    with pytest.raises(TrainingError, match="huge: needs 1024"):
        build(registry, named(registry, "huge"), community(), no_progress)
    with pytest.raises(TrainingError, match="none is enabled"):
        build(registry, [], community(), no_progress)


def test_progress_never_goes_back_and_ends_whole(registry: Registry) -> None:
    told: list[float] = []
    participants = named(registry, "fixed", KNN, "huge")

    def note(done: int, total: int, what: str = "") -> None:
        told.append(done / total)

    build(registry, participants, community(), note)
    assert told == sorted(told)
    assert told[-1] == 1
