"""A recommender that could not serve costs the release its own part alone."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pytest

from tastemaker import Float32Array, People, Progress, Recommender, State, TrainingData
from tastemaker.plugin.discovery import PluginSource, plugins_of
from tastemaker.testing import checkerboard
from tastemaker.training.fitting import FitResult
from tastemaker.training.storing import stored_models

DATA = checkerboard()


class Sound(Recommender):
    """Scores, and is restored."""

    name = "sound"
    family = "content"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self.scores = np.arange(10, dtype=np.float32)

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        return self

    def score(self, people: People) -> Float32Array:
        return np.tile(self.scores, (len(people), 1))

    def state(self) -> State:
        return State({"scores": self.scores})

    @classmethod
    def restore(cls, state: State) -> Self:
        restored = cls()
        restored.scores = state.arrays["scores"]
        return restored


class ManyNames(Sound):
    name = "many-names"

    def state(self) -> State:
        return State({f"{'x' * 40} {number}": self.scores for number in range(20_000)})


class CannotBeRestored(Sound):
    name = "cannot-be-restored"

    @classmethod
    def restore(cls, state: State) -> Self:
        raise SystemExit


class Forgets(Sound):
    name = "forgets"

    @classmethod
    def restore(cls, state: State) -> Self:
        restored = super().restore(state)
        restored.scores = restored.scores[:3]
        return restored


class WritesWhenItScores(Sound):
    name = "writes-when-it-scores"

    def score(self, people: People) -> Float32Array:
        self.scores += 1
        return super().score(people)


class SeesFeatures(ManyNames):
    name = "sees-features"
    uses_features = True


def fitted(kind: type[Recommender]) -> FitResult:
    (plugin,) = plugins_of(kind, PluginSource(kind.name, "a-stranger", "1"))
    return FitResult(plugin, kind(), "")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (ManyNames, "its state cannot be stored: The header of a model takes"),
        (CannotBeRestored, "cannot be restored: SystemExit"),
        (Forgets, "cannot score once it is restored: returned the shape (2, 3)"),
        (WritesWhenItScores, "cannot score once it is restored: ValueError"),
        (SeesFeatures, "its state cannot be stored"),
    ],
)
def test_one_that_could_not_serve_is_left_out(kind: type[Recommender], says: str) -> None:
    models, missing = stored_models([fitted(kind), fitted(Sound)], DATA.people)
    assert [one.model.name for one in models] == ["sound"]
    (lost,) = missing
    assert lost.recommender is None
    assert lost.problem.startswith(says)
    assert (lost.problem == says) == (kind is SeesFeatures)
