"""Which recommenders take part in a training run, and fitting them under guard."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.border import Json
from tastemaker.data import TrainingData
from tastemaker.errors import TastemakerError
from tastemaker.guard import guarded_fit
from tastemaker.recommender import Progress, Recommender
from tastemaker.registry import Plugin, Registry


@dataclass(frozen=True)
class Candidate:
    """A recommender that takes part in a training run.

    Attributes:
        plugin: where it comes from.
        settings: the operator's settings for it.
    """

    plugin: Plugin
    settings: Mapping[str, Json]

    @property
    def name(self) -> str:
        """The recommender's name."""
        return self.plugin.name

    @property
    def uses_features(self) -> bool:
        """Whether it looks at what people declared of themselves."""
        return self.plugin.recommender is not None and self.plugin.recommender.uses_features


@dataclass(frozen=True)
class Fitted:
    """What came of fitting one recommender.

    Attributes:
        candidate: which.
        recommender: the fitted one; None where it failed.
        problem: why it failed.
        seconds: how long it took.
    """

    candidate: Candidate
    recommender: Recommender | None
    problem: str
    seconds: float


def choose(
    registry: Registry, settings: Mapping[str, Mapping[str, Json]], only: Sequence[str]
) -> list[Candidate]:
    """The recommenders in use, or those of them that are named.

    Raises:
        NotFoundError: a name that no recommender has.
        PluginError: a named one is switched off or failed.
    """
    names = list(dict.fromkeys(only)) or list(registry.enabled)
    for name in only:
        registry.create(name)
    return [Candidate(registry.find(name), settings.get(name, {})) for name in names]


def fit(registry: Registry, candidate: Candidate, data: TrainingData, progress: Progress) -> Fitted:
    """Fits one recommender; whatever it does wrong is kept as a problem."""
    start = time.monotonic()
    try:
        fresh = registry.create(candidate.name, candidate.settings)
    except TastemakerError as error:
        return Fitted(candidate, None, str(error), 0.0)
    recommender, problem = guarded_fit(fresh, data, progress)
    return Fitted(candidate, recommender, problem, time.monotonic() - start)
