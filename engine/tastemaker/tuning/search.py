"""Searching one recommender's settings: Optuna proposes, held-out data decides."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tastemaker.holdout.tuning_folds import TuningFold
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Json, Progress, no_progress
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import fit_in_time, too_large
from tastemaker.tuning.measuring import fold_ndcg
from tastemaker.tuning.report import TunedRecommender
from tastemaker.tuning.space import Dimension, defaults, dimensions

if TYPE_CHECKING:
    import optuna

# The bounds below were chosen, not measured.

HOPELESS = 0.9
"""Settings below this share of the best, on the folds measured so far, are given up."""

LEAST_GAIN = 0.01
"""Other settings must be better by this share to be worth a change."""

SLOWER = 5.0
"""Settings may take so many times as long to fit as the defaults, …"""

GRACE = 2.0
"""… and so many seconds besides."""

LEAST_SCALE = 0.2
"""A fold counts as if the defaults reached at least this share of their median over the folds."""

SettingValues = Mapping[str, Json]


@dataclass(frozen=True)
class TrialResult:
    """How settings did.

    Attributes:
        figures: NDCG at 10 on each fold, as many as were measured.
        problem: why it ended before the last fold, if it did.
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
        plugin: which, and the settings in use.
        folds: what settings are measured on.
        memory: bytes that a fit may take.
    """

    def __init__(
        self, registry: Registry, plugin: Plugin, folds: Sequence[TuningFold], memory: int
    ) -> None:
        self._registry = registry
        self._plugin = plugin
        self._folds = folds
        self._memory = memory
        self._scale = np.ones(len(folds))
        self._longest = float("inf")
        kind = plugin.recommender
        self._space: list[Dimension] = dimensions(kind) if kind else []

    def run(self, study: optuna.Study, deadline: Deadline, progress: Progress) -> TunedRecommender:
        """Tries settings until the time is over; those in use and the defaults come first."""
        name = self._plugin.name
        if not self._space:
            return TunedRecommender(name, "nothing to search")
        usual, current = defaults(self._space), self._searched(self._plugin.chosen)
        first = self._tried(usual, None)
        if first.problem:
            return TunedRecommender(name, "failed", problem=first.problem)
        self._compare_with(first)
        before = first if current == usual else self._tried(current, None)
        if before.problem:
            return TunedRecommender(name, "failed", problem=before.problem)
        return self._search(study, deadline, progress, current, before)

    def _search(
        self,
        study: optuna.Study,
        deadline: Deadline,
        progress: Progress,
        current: SettingValues,
        before: TrialResult,
    ) -> TunedRecommender:
        name = self._plugin.name
        best_settings, best = self._best_so_far(study, current, before)
        trials = pruned = 0
        while deadline.left() > 0:
            progress(
                round(deadline.seconds - deadline.left()),
                round(deadline.seconds) or 1,
                f"{name}: {trials} settings tried, the best {self._worth(best):.1%} of the default",
            )
            trial = study.ask()
            settings = {one.name: one.suggested(trial) for one in self._space}
            result = self._tried(settings, best)
            trials += 1
            pruned += result.pruned
            self._tell(study, trial, settings, result)
            if not result.problem and self._worth(result) > self._worth(best):
                best_settings, best = settings, result
        return self._tuned(best_settings, best, before, trials, pruned)

    def _searched(self, given: SettingValues) -> dict[str, Json]:
        """A value for every setting that is searched: the given one, or the default."""
        return {one.name: given.get(one.name, one.default) for one in self._space}

    def _compare_with(self, usual: TrialResult) -> None:
        """Sets the scale of each fold, and how long a fit may take, by the defaults' result."""
        figures = np.array(usual.figures)
        self._scale = np.maximum(figures, max(LEAST_SCALE * float(np.median(figures)), 1e-9))
        self._longest = SLOWER * usual.seconds + GRACE

    def _tried(self, settings: SettingValues, best: TrialResult | None) -> TrialResult:
        """Fits and measures settings, fold after fold, as long as there is hope."""
        plugin = self._plugin.configured({**self._plugin.chosen, **settings})
        refused = too_large(self._registry, plugin, self._folds[0].data, self._memory)
        if refused:
            return TrialResult((), refused.problem, pruned=refused.declined)
        figures: list[float] = []
        seconds = 0.0
        for fold in self._folds:
            start = time.monotonic()
            # one fit is too short to be worth a report of its own
            fitted = fit_in_time(self._registry, plugin, fold.data, no_progress, self._longest)
            seconds = max(seconds, time.monotonic() - start)
            if fitted.recommender is None:
                return TrialResult(tuple(figures), fitted.problem, fitted.declined, seconds)
            reached, problem = fold_ndcg(fitted.recommender, fold)
            if reached is None:
                return TrialResult(tuple(figures), problem, seconds=seconds)
            figures.append(reached)
            if best and len(figures) < len(self._folds) and self._hopeless(figures, best):
                return TrialResult(tuple(figures), "clearly worse", pruned=True, seconds=seconds)
        return TrialResult(tuple(figures), seconds=seconds)

    def _hopeless(self, figures: Sequence[float], best: TrialResult) -> bool:
        measured = len(figures)
        return self._mean(figures) < HOPELESS * self._mean(best.figures[:measured])

    def _mean(self, figures: Sequence[float]) -> float:
        """The mean over folds of what was reached, relative to what the defaults reach there."""
        return float(np.mean(np.array(figures) / self._scale[: len(figures)]))

    def _worth(self, result: TrialResult) -> float:
        return self._mean(result.figures)

    def _best_so_far(
        self, study: optuna.Study, current: SettingValues, before: TrialResult
    ) -> tuple[SettingValues, TrialResult]:
        """The best of earlier runs of the same study, if it beats the settings in use."""
        best_settings, best = current, before
        for trial in study.get_trials(deepcopy=False):
            settings, figures = trial.user_attrs.get("settings"), trial.user_attrs.get("figures")
            if settings and figures and len(figures) == len(self._folds):
                result = TrialResult(tuple(figures))
                if self._worth(result) > self._worth(best):
                    best_settings, best = settings, result
        return best_settings, best

    def _tell(
        self, study: optuna.Study, trial: optuna.Trial, settings: SettingValues, result: TrialResult
    ) -> None:
        from optuna.trial import TrialState

        trial.set_user_attr("settings", dict(settings))
        trial.set_user_attr("figures", list(result.figures))
        for step in range(len(result.figures)):
            trial.report(self._mean(result.figures[: step + 1]), step)
        if not result.problem:
            study.tell(trial, self._worth(result))
        else:
            trial.set_user_attr("problem", result.problem)
            study.tell(trial, state=TrialState.PRUNED if result.pruned else TrialState.FAIL)

    def _tuned(
        self,
        settings: SettingValues,
        best: TrialResult,
        before: TrialResult,
        trials: int,
        pruned: int,
    ) -> TunedRecommender:
        name = self._plugin.name
        was, now = float(np.mean(before.figures)), float(np.mean(best.figures))
        if self._worth(best) < (1 + LEAST_GAIN) * self._worth(before):
            return TunedRecommender(name, "kept", {}, was, was, trials, pruned)
        return TunedRecommender(name, "better", dict(settings), was, now, trials, pruned)
