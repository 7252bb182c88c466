"""Searching one recommender's settings: Optuna proposes, held-out data decides."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tastemaker.holdout.tuning_folds import TuningFold
from tastemaker.json_types import Json
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import Candidate, fit_in_time, too_large
from tastemaker.tuning.measuring import Failed, figure
from tastemaker.tuning.report import Tuned
from tastemaker.tuning.space import Dimension, defaults, dimensions

if TYPE_CHECKING:
    import optuna

HOPELESS = 0.9
"""Settings below this share of the best, at the cuts asked so far, are given up."""

LEAST_GAIN = 0.01
"""Other settings must be better by this share to be worth a change."""

SLOWER = 5.0
"""Settings may take so many times as long to fit as the defaults, …"""

GRACE = 2.0
"""… and so many seconds besides."""

FLOOR = 0.2
"""A cut counts as if the defaults reached at least this share of what is usual there."""

Settings = Mapping[str, Json]


@dataclass(frozen=True)
class Result:
    """How settings did.

    Attributes:
        figures: NDCG at 10 at each cut, as many as were asked.
        problem: why it ended before the last cut, if it did.
        pruned: whether that is no failure: they were hopeless, or too slow.
        seconds: the longest fit.
    """

    figures: tuple[float, ...]
    problem: str = ""
    pruned: bool = False
    seconds: float = 0.0


class Search:
    """The search of one recommender's settings.

    Args:
        registry: makes the recommender.
        candidate: which, and the settings in use.
        papers: the cuts.
        memory: bytes that a fit may take.
    """

    def __init__(
        self, registry: Registry, candidate: Candidate, folds: Sequence[TuningFold], memory: int
    ) -> None:
        self._registry = registry
        self._candidate = candidate
        self._papers = folds
        self._memory = memory
        self._scale = np.ones(len(folds))
        self._longest = float("inf")
        kind = candidate.plugin.recommender
        self._space: list[Dimension] = dimensions(kind) if kind else []

    def run(self, study: optuna.Study, deadline: Deadline, progress: Progress) -> Tuned:
        """Tries settings until the time is over; those in use and the defaults come first."""
        name = self._candidate.name
        if not self._space:
            return Tuned(name, "nothing to search")
        usual, current = defaults(self._space), self._settings(self._candidate.settings)
        first = self._tried(usual, None, progress)
        if first.problem:
            return Tuned(name, "failed", problem=first.problem)
        usually = np.array(first.figures)
        self._scale = np.maximum(usually, max(FLOOR * float(np.median(usually)), 1e-9))
        self._longest = SLOWER * first.seconds + GRACE
        before = first if current == usual else self._tried(current, None, progress)
        if before.problem:
            return Tuned(name, "failed", problem=before.problem)
        best_settings, best = self._best(study, current, before)
        trials = pruned = 0
        while deadline.left() > 0:
            progress(
                round(deadline.seconds - deadline.left()),
                round(deadline.seconds) or 1,
                f"{name}: {trials} settings tried, the best {self._worth(best):.1%} of the default",
            )
            trial = study.ask()
            settings = {one.name: one.suggested(trial) for one in self._space}
            result = self._tried(settings, best, progress)
            trials += 1
            pruned += result.pruned
            self._tell(study, trial, settings, result)
            if not result.problem and self._worth(result) > self._worth(best):
                best_settings, best = settings, result
        return self._tuned(best_settings, best, before, trials, pruned)

    def _settings(self, given: Settings) -> dict[str, Json]:
        """A value for every setting that is searched: the given one, or the default."""
        return {one.name: given.get(one.name, one.default) for one in self._space}

    def _tried(self, settings: Settings, best: Result | None, progress: Progress) -> Result:
        """Fits and measures settings, cut after cut, as long as there is hope."""
        plugin = self._candidate.plugin
        candidate = Candidate(plugin, {**self._candidate.settings, **settings})
        refused = too_large(self._registry, candidate, self._papers[0].data, self._memory)
        if refused:
            return Result((), refused.problem, pruned=refused.declined)
        figures: list[float] = []
        seconds = 0.0
        for fold in self._papers:
            start = time.monotonic()
            fitted = fit_in_time(self._registry, candidate, fold.data, _unheard, self._longest)
            seconds = max(seconds, time.monotonic() - start)
            if fitted.recommender is None:
                return Result(tuple(figures), fitted.problem, fitted.declined, seconds)
            reached = figure(fitted.recommender, fold)
            if isinstance(reached, Failed):
                return Result(tuple(figures), reached.problem, seconds=seconds)
            figures.append(reached)
            if best and len(figures) < len(self._papers) and self._hopeless(figures, best):
                return Result(tuple(figures), "clearly worse", pruned=True, seconds=seconds)
        return Result(tuple(figures), seconds=seconds)

    def _hopeless(self, figures: Sequence[float], best: Result) -> bool:
        asked = len(figures)
        return self._mean(figures) < HOPELESS * self._mean(best.figures[:asked])

    def _mean(self, figures: Sequence[float]) -> float:
        """The mean over cuts of what was reached, relative to what the defaults reach there."""
        return float(np.mean(np.array(figures) / self._scale[: len(figures)]))

    def _worth(self, result: Result) -> float:
        return self._mean(result.figures)

    def _best(
        self, study: optuna.Study, current: Settings, before: Result
    ) -> tuple[Settings, Result]:
        """The best of earlier runs of the same study, if it beats the settings in use."""
        best_settings, best = current, before
        for trial in study.get_trials(deepcopy=False):
            settings, figures = trial.user_attrs.get("settings"), trial.user_attrs.get("figures")
            if settings and figures and len(figures) == len(self._papers):
                result = Result(tuple(figures))
                if self._worth(result) > self._worth(best):
                    best_settings, best = settings, result
        return best_settings, best

    def _tell(
        self, study: optuna.Study, trial: optuna.Trial, settings: Settings, result: Result
    ) -> None:
        from optuna.trial import TrialState

        trial.set_user_attr("settings", dict(settings))
        trial.set_user_attr("figures", list(result.figures))
        for step in range(len(result.figures)):
            trial.report(self._mean(result.figures[: step + 1]), step)
        if not result.problem:
            study.tell(trial, self._worth(result))
        elif result.pruned:
            trial.set_user_attr("problem", result.problem)
            study.tell(trial, state=TrialState.PRUNED)
        else:
            trial.set_user_attr("problem", result.problem)
            study.tell(trial, state=TrialState.FAIL)

    def _tuned(
        self, settings: Settings, best: Result, before: Result, trials: int, pruned: int
    ) -> Tuned:
        name = self._candidate.name
        was, now = float(np.mean(before.figures)), float(np.mean(best.figures))
        if self._worth(best) < (1 + LEAST_GAIN) * self._worth(before):
            return Tuned(name, "kept", {}, was, was, trials, pruned)
        return Tuned(name, "better", dict(settings), was, now, trials, pruned)


def _unheard(done: int, total: int, what: str = "") -> None:
    """Fits are too short to be told of one by one."""
