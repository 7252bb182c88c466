"""Which recommenders take part in a training run, and fitting them under guard."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tastemaker.data import TrainingData
from tastemaker.errors import TastemakerError
from tastemaker.plugin.discovery import Plugin, why_on_request
from tastemaker.plugin.guard import guarded_fit, guarded_fit_from, guarded_memory
from tastemaker.plugin.registry import Registry
from tastemaker.plugin.time_limit import time_limited
from tastemaker.plugin.worker_threads import OverdueError, call_apart
from tastemaker.recommender import Progress, Recommender
from tastemaker.training.deadline import Allowance
from tastemaker.training.limits import as_size
from tastemaker.validation import Json


@dataclass(frozen=True)
class FitResult:
    """What came of one fit: a recommender, or the reason why there is none.

    A plugin is fitted several times in a run, on other data and with another outcome each time.

    Attributes:
        plugin: what was fitted, with which settings.
        recommender: the fitted one; None where it failed or was declined.
        problem: why there is none.
        seconds: how long it took.
        declined: whether it was stopped or not begun, rather than failed.
    """

    plugin: Plugin
    recommender: Recommender | None
    problem: str
    seconds: float = 0.0
    declined: bool = False

    @property
    def name(self) -> str:
        """The recommender's name."""
        return self.plugin.name


def choose(
    registry: Registry,
    settings: Mapping[str, Mapping[str, Json]],
    only: Sequence[str],
    wanted: Collection[str] = (),
) -> list[Plugin]:
    """The recommenders in use, or those of them that are named, with their stored settings.

    Those that are trained on request take part where they are named or wanted, or have stored
    settings.

    Args:
        registry: the recommenders at hand.
        settings: those stored for each recommender, by its name.
        only: names of recommenders; all that are enabled where empty.
        wanted: names of those that were switched on by name.

    Raises:
        NotFoundError: a name that no recommender has.
        PluginError: a named one is switched off or failed.
    """
    settings = registry.present_settings(settings)
    for name in only:
        registry.create(name)
    requested = {*map(registry.present_name, wanted), *filter(settings.get, settings)}
    usual = [
        name
        for name, kind in registry.enabled.items()
        if name in requested or not why_on_request(kind)
    ]
    found = {one.name: one for one in map(registry.find, only or usual)}
    return [one.configured(settings.get(name, {})) for name, one in found.items()]


def fit(
    registry: Registry,
    plugin: Plugin,
    data: TrainingData,
    progress: Progress,
    before: Recommender | None = None,
    seconds: float | None = None,
) -> FitResult:
    """Fits one recommender; whatever it does wrong is kept as a problem.

    Args:
        registry: makes the recommender.
        plugin: which, and its settings.
        data: what it learns from.
        progress: what to report to.
        before: the same one fitted on less data, which it starts from if it can.
        seconds: how long one that does not come with the engine may take, whether it reports any
            progress or not; as long as it likes if None.
    """
    start = time.monotonic()
    try:
        fresh = registry.create(plugin.name, plugin.chosen)
    except TastemakerError as error:
        return FitResult(plugin, None, str(error))

    def call() -> tuple[Recommender | None, str]:
        if before is not None and starts_from_another(fresh):
            return guarded_fit_from(fresh, data, progress, before)
        return guarded_fit(fresh, data, progress)

    if seconds is None:
        return FitResult(plugin, *call(), time.monotonic() - start)
    if not plugin.needs_threads:
        with time_limited(seconds):
            return FitResult(plugin, *call(), time.monotonic() - start)
    try:
        recommender, problem = call_apart(call, seconds, f"fitting {plugin.name}")
    except OverdueError:
        return FitResult(plugin, None, out_of_time(seconds), seconds, declined=True)
    return FitResult(plugin, recommender, problem, time.monotonic() - start)


def out_of_time(seconds: float) -> str:
    """Why a fit was stopped that took longer."""
    return f"stopped: one fit may take {seconds:,.0f} s at this time limit; see --time-limit"


def starts_from_another(recommender: Recommender) -> bool:
    """Whether it has a way of its own to start from what it learnt before."""
    return type(recommender).fit_from is not Recommender.fit_from


def fit_in_time(
    registry: Registry, plugin: Plugin, data: TrainingData, progress: Progress, seconds: float
) -> FitResult:
    """The same, but stopped once it has had its time: at its own next report of progress.

    One that does not come with the engine is left behind then, though it may report nothing.
    """
    allowance = Allowance(progress, seconds)
    fitted = fit(registry, plugin, data, allowance, seconds=seconds)
    if fitted.recommender is None and allowance.exceeded:
        return replace(fitted, problem=out_of_time(seconds), declined=True)
    return fitted


def too_large(
    registry: Registry, plugin: Plugin, data: TrainingData, memory: int
) -> FitResult | None:
    """The refusal to fit a recommender that needs more memory than it may take, or None.

    Its own estimate decides; one that cannot even estimate has failed.

    Args:
        registry: makes the recommender.
        plugin: which, and its settings.
        data: what it would be fitted on.
        memory: bytes that a fit may take.
    """
    try:
        fresh = registry.create(plugin.name, plugin.chosen)
    except TastemakerError as error:
        return FitResult(plugin, None, str(error))
    needed, problem = guarded_memory(fresh, data)
    if needed is None:
        return FitResult(plugin, None, f"cannot estimate its memory: {problem}")
    if needed <= memory:
        return None
    why = (
        f"needs {as_size(needed)} of memory, more than the limit of {as_size(memory)}; "
        "see --memory-limit, or its settings"
    )
    return FitResult(plugin, None, why, declined=True)
