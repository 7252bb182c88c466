from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from tastemaker.settings import Settings, setting
from tastemaker.tuning.space import Dimension, defaults, dimensions
from tastemaker_plugins.item_item.ease import Ease, EaseSettings
from tastemaker_plugins.item_item.ease_private import EasePrivate
from tastemaker_plugins.popularity.popular import Popular

optuna = pytest.importorskip("optuna")


@dataclass(frozen=True)
class AllSorts(Settings):
    """A setting of every sort."""

    count: int = setting(3, "A count.", low=1, high=9)
    share: float = setting(0.5, "A share.", low=0.0, high=1.0, log=True)
    factor: float = setting(1.0, "A factor.", low=0.1, high=10.0, log=True)
    way: str = setting("a", "A way.", choices=("a", "b"))
    switch: bool = setting(True, "A switch.")
    free: float = setting(1.0, "Without bounds.")
    half: float = setting(1.0, "With one bound.", low=0.0)


class Sorts(Popular):
    settings_type: ClassVar[type[Settings]] = AllSorts


def test_settings_with_bounds_or_choices_can_be_searched() -> None:
    assert dimensions(Sorts) == [
        Dimension("count", 3, 1, 9),
        Dimension("share", 0.5, 0.0, 1.0),  # no steps by factors from 0
        Dimension("factor", 1.0, 0.1, 10.0, log=True),
        Dimension("way", "a", choices=("a", "b")),
        Dimension("switch", True, choices=(False, True)),
    ]
    assert dimensions(Popular) == []


def test_nothing_of_a_private_recommender_is_searched() -> None:
    # the best trial would be the one with the largest epsilon
    assert dimensions(EasePrivate) == []


def test_what_is_suggested_makes_settings() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for kind, settings_type in ((Sorts, AllSorts), (Ease, EaseSettings)):
        for _ in range(20):
            trial = study.ask()
            given: dict[str, Any] = {one.name: one.suggested(trial) for one in dimensions(kind)}
            made = settings_type(**given)  # refuses what is out of bounds
            assert all(type(value) is type(getattr(made, name)) for name, value in given.items())


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.123456, 0.123), (9.99999, 10.0), (0.10004, 0.1), (0.0999, 0.1)]
)
def test_numbers_have_few_digits_and_stay_within_their_bounds(value: float, rounded: float) -> None:
    assert Dimension("factor", 1.0, 0.1, 10.0).rounded(value) == rounded


def test_defaults() -> None:
    assert defaults(dimensions(Sorts)) == {
        "count": 3,
        "share": 0.5,
        "factor": 1.0,
        "way": "a",
        "switch": True,
    }
