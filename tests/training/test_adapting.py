"""Settings named besides the defaults are taken where they surely rank better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import ClassVar

import numpy as np
import pytest

from tastemaker import Float32Array, People, TrainingData, setting
from tastemaker.data import Float64Array
from tastemaker.holdout.methods import make_folds
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress, Recommender, no_progress
from tastemaker.training import adapting
from tastemaker.training.adapting import AdaptedPlugins, adapt_settings, is_surely_better
from tastemaker.training.context import TrainingContext
from tastemaker.training.deadline import Deadline
from tastemaker.training.steps import Steps
from tastemaker.validation import Json
from tastemaker_plugins.item_item.item_knn import ItemKnn, ItemKnnSettings

from .conftest import community


@dataclass(frozen=True)
class SignedSettings(ItemKnnSettings):
    sign: float = setting(-1.0, "What scores are multiplied by.", low=-1.0, high=1.0)


class Backwards(ItemKnn):
    """Ranks what goes together last, unless it is told otherwise."""

    name: ClassVar[str] = "backwards"
    settings_type = SignedSettings
    settings: SignedSettings
    alternatives: ClassVar[Sequence[Mapping[str, float]]] = ({"sign": -0.5}, {"sign": 1.0})
    score_items = Recommender.score_items
    retrieve = Recommender.retrieve

    def memory(self, data: TrainingData) -> int:
        return 1

    def score(self, people: People) -> Float32Array:
        return np.float32(self.settings.sign) * super().score(people)


class Forwards(Backwards):
    """Does well by its defaults."""

    name: ClassVar[str] = "forwards"
    alternatives: ClassVar[Sequence[Mapping[str, float]]] = ({"sign": -1.0},)

    def score(self, people: People) -> Float32Array:
        return -super().score(people)


def adapted(
    name: str, chosen: Mapping[str, Json] | None = None, memory: int = 2**30
) -> AdaptedPlugins:
    context = context_of()
    plugin = context.registry.find(name).configured(chosen or {})
    return adapt_settings(context, [plugin], memory)


def context_of(gone: float = 0.0) -> TrainingContext:
    """What training works with where this share of the time limit has gone."""
    registry, data = Registry([Backwards, Forwards]), community()
    moments = chain([0.0], repeat(gone * 900))
    deadline = Deadline(900, lambda: next(moments))
    splits = make_folds(data.people)
    return TrainingContext(registry, data, splits, deadline, Steps(no_progress, 4))


def test_the_alternative_that_ranks_better_is_taken_and_said() -> None:
    found = adapted("backwards")
    assert found.plugins[0].chosen == {"sign": 1.0}
    (note,) = found.notes
    assert note.startswith("backwards learns with sign 1.0: NDCG@10 ")
    assert note.endswith(" with its defaults.")


def test_defaults_that_rank_as_well_stay() -> None:
    found = adapted("forwards")
    assert found.plugins[0].chosen == {}
    assert found.notes == ()


def test_what_somebody_has_set_stays() -> None:
    found = adapted("backwards", {"sign": -0.25})
    assert found.plugins[0].chosen == {"sign": -0.25}
    assert found.notes == ()


def test_other_settings_of_somebody_are_kept_beside_it() -> None:
    assert adapted("backwards", {"half_life": 4.0}).plugins[0].chosen == {
        "half_life": 4.0,
        "sign": 1.0,
    }


def test_what_would_take_too_much_memory_is_not_tried() -> None:
    assert adapted("backwards", memory=0).plugins[0].chosen == {}


def test_what_was_tried_is_not_fitted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    signs: list[float] = []

    def noted(self: Backwards, data: TrainingData, progress: Progress) -> Backwards:
        signs.append(self.settings.sign)
        return ItemKnn.fit(self, data, progress)

    monkeypatch.setattr(Backwards, "fit", noted)
    context = context_of()
    plugins = adapt_settings(context, [context.registry.find("backwards")], 2**30).plugins
    (result,) = context.fit_latest(plugins).results
    assert result.plugin.chosen == {"sign": 1.0}
    assert signs == [-1.0, -0.5, 1.0]
    context.fit_latest(plugins)
    assert signs == [-1.0, -0.5, 1.0, 1.0]


@pytest.mark.parametrize(("gone", "chosen"), [(0.1, {"sign": 1.0}), (0.2, {})])
def test_it_is_tried_as_long_as_its_share_of_the_time_lasts(
    gone: float, chosen: Mapping[str, Json]
) -> None:
    context = context_of(gone)
    adapted = adapt_settings(context, [context.registry.find("backwards")], 2**30)
    assert adapted.plugins[0].chosen == chosen


def test_nothing_is_tried_on_much_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapting, "MOST_INTERACTIONS", 10)
    assert adapted("backwards").plugins[0].chosen == {}


@pytest.mark.parametrize(
    ("gains", "sure"),
    [
        ([0.1] * 20, True),
        ([-0.1] * 20, False),
        ([1.0, -0.9] * 10, False),  # .05 on average, and .21 its standard error
        ([1.0, -0.9] * 1000, True),
        ([0.0] * 20, False),
        ([], False),
    ],
)
def test_a_lead_must_be_beyond_chance(gains: Sequence[float], sure: bool) -> None:
    other: Float64Array = np.full(len(gains), 0.5)
    assert is_surely_better(other + np.array(gains), other) == sure
