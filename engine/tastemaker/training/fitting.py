"""Which recommenders take part in a training run, and fitting them under guard."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tastemaker.data import TrainingData
from tastemaker.errors import TastemakerError
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.guard import attempt, guarded_fit
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress, Recommender
from tastemaker.training.deadline import Allowance
from tastemaker.training.limits import as_size
from tastemaker.validation import Json


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
class FitResult:
    """What came of fitting one recommender.

    Attributes:
        candidate: which.
        recommender: the fitted one; None where it failed.
        problem: why it failed.
        seconds: how long it took.
        declined: whether it was stopped or not begun, rather than failed.
    """

    candidate: Candidate
    recommender: Recommender | None
    problem: str
    seconds: float
    declined: bool = False


def choose(
    registry: Registry, settings: Mapping[str, Mapping[str, Json]], only: Sequence[str]
) -> list[Candidate]:
    """The recommenders in use, or those of them that are named.

    Raises:
        NotFoundError: a name that no recommender has.
        PluginError: a named one is switched off or failed.
    """
    settings = registry.present_settings(settings)
    names = list(dict.fromkeys(map(registry.present_name, only))) or list(registry.enabled)
    for name in only:
        registry.create(name)
    return [Candidate(registry.find(name), settings.get(name, {})) for name in names]


def fit(
    registry: Registry, candidate: Candidate, data: TrainingData, progress: Progress
) -> FitResult:
    """Fits one recommender; whatever it does wrong is kept as a problem."""
    start = time.monotonic()
    try:
        fresh = registry.create(candidate.name, candidate.settings)
    except TastemakerError as error:
        return FitResult(candidate, None, str(error), 0.0)
    recommender, problem = guarded_fit(fresh, data, progress)
    return FitResult(candidate, recommender, problem, time.monotonic() - start)


def fit_in_time(
    registry: Registry, candidate: Candidate, data: TrainingData, progress: Progress, seconds: float
) -> FitResult:
    """The same, but stopped at its own next report of progress once it has had its time."""
    allowance = Allowance(progress, seconds)
    fitted = fit(registry, candidate, data, allowance)
    if fitted.recommender is None and allowance.exceeded:
        why = f"stopped: one fit may take {seconds:,.0f} s at this time limit; see --time-limit"
        return replace(fitted, problem=why, declined=True)
    return fitted


def too_large(
    registry: Registry, candidate: Candidate, data: TrainingData, memory: int
) -> FitResult | None:
    """The refusal to fit a recommender that needs more memory than it may take, or None.

    Its own estimate decides; one that cannot even estimate has failed.
    """
    try:
        fresh = registry.create(candidate.name, candidate.settings)
    except TastemakerError as error:
        return FitResult(candidate, None, str(error), 0.0)
    needed, problem = attempt(lambda: int(fresh.memory(data)), quote=not fresh.uses_features)
    if needed is None:
        return FitResult(candidate, None, f"cannot estimate its memory: {problem}", 0.0)
    if needed <= memory:
        return None
    why = (
        f"needs {as_size(needed)} of memory, more than the limit of {as_size(memory)}; "
        "see --memory-limit, or its settings"
    )
    return FitResult(candidate, None, why, 0.0, declined=True)
