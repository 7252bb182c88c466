from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from tastemaker.blend import WeightCurve
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.training.fitting import choose
from tastemaker.training.limits import Limits
from tastemaker.training.quick import choose_quick, quick_limits
from tastemaker.training.report import MemberReport, Release
from tastemaker_plugins.popularity.popular import Popular

from .conftest import KNN, POPULAR


class Network(Popular):
    """Needs a module to train, one that is always there."""

    name: ClassVar[str] = "network"
    requires: ClassVar[tuple[str, ...]] = ("json",)


def participants() -> list[Plugin]:
    return choose(Registry([Network]), {}, (KNN, POPULAR, "network"))


def names(plugins: Sequence[Plugin]) -> list[str]:
    return [one.name for one in plugins]


def release(members: tuple[str, ...], ndcg: float) -> Release:
    weights = np.array([[0.25] * len(members)]) if len(members) == 4 else np.array([[0.5, 0.5]])
    curve = WeightCurve(members, (0,), weights)
    blend = MemberReport("blend", measures={"ndcg@10": ndcg})
    return Release(7, True, "2026-11-24T07:28:14+00:00", "", (blend,), curve)


def test_networks_are_left_out() -> None:
    choice = choose_quick(participants(), None)
    assert names(choice.participants) == [KNN, POPULAR]
    assert names(choice.left_out) == ["network"]
    assert quick_limits(Limits()).folds < Limits().folds


def test_of_the_others_those_that_proved_themselves_take_part() -> None:
    choice = choose_quick(participants(), release((KNN, "network"), 0.25))
    assert names(choice.participants) == [KNN]
    assert names(choice.left_out) == [POPULAR, "network"]


def test_where_nobody_else_is_left_the_networks_take_part() -> None:
    (network,) = choose(Registry([Network]), {}, ("network",))
    assert names(choose_quick([network], None).participants) == ["network"]


def test_a_note_says_what_the_rest_would_have_added() -> None:
    full = release((KNN, "network"), 0.25)
    (note,) = choose_quick(participants(), full).notes(release((KNN, POPULAR), 0.2))
    assert "left out popular, network" in note
    assert "In release 7" in note and "50% of the weight" in note
    assert "0.2500" in note and "0.2000" in note


def test_without_a_full_release_it_says_that_it_was_not_measured() -> None:
    (note,) = choose_quick(participants(), None).notes(release((KNN, POPULAR), 0.2))
    assert "network" in note and "was not measured" in note
    unmeasured = replace(release((KNN, "network"), 0.0), members=())
    (note,) = choose_quick(participants(), unmeasured).notes(unmeasured)
    assert "it was not measured" in note
