"""What learning a blend works with, and the fits that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tastemaker.data import TrainingData
from tastemaker.holdout.cases import SampleSize
from tastemaker.holdout.splits import Split
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.plugin.time_limit import time_limited
from tastemaker.recommender import Recommender
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import FitResult, fit, fit_in_time
from tastemaker.training.folds import FittedFold, ScoredFold, fit_fold, score_fold
from tastemaker.training.importing import no_time_to_import
from tastemaker.training.profile import LAST_FIT, SCORING, Profile, stage_of
from tastemaker.training.repeats import LEAST_REPEATS, share_of_repeats
from tastemaker.training.steps import Steps

FIRST_FOLD = 0.5
"""Once the first fold has taken this share of the time limit, it fits nothing more.
Chosen, not measured."""

ONE_FIT = 1 / 8
"""A fit may take this share of the time limit: on all folds and in the end that is half of it.
Chosen, not measured."""


@dataclass(frozen=True)
class TrainingContext:
    """What learning works with.

    Attributes:
        registry: makes the recommenders.
        data: all there is to learn from.
        splits: one for each fold, the latest first.
        deadline: how much time there is.
        steps: what to report to.
        profile: what notes where the time goes.
        kept: fits on the latest fold that were made already, by name.
    """

    registry: Registry
    data: TrainingData
    splits: Sequence[Split]
    deadline: Deadline
    steps: Steps
    profile: Profile = field(default_factory=Profile)
    kept: dict[str, FitResult] = field(default_factory=dict)

    @cached_property
    def repeat_share(self) -> float:
        """The share of what people choose that they had chosen before; see `share_of_repeats`."""
        return share_of_repeats(self.data.people, self.splits)

    @property
    def repeats(self) -> bool:
        """Whether a curve is learnt for where items may come again."""
        return self.repeat_share >= LEAST_REPEATS

    def fit_latest(self, participants: Sequence[Plugin]) -> FittedFold:
        """The first fold, where it is not known yet how long anything takes."""
        return fit_fold(self.data, self.splits[0], participants, self._first_fit)

    def keep_latest(self, fits: Sequence[FitResult]) -> None:
        """Keeps fits on the latest fold for when these are wanted again."""
        self.kept.update({fitted.name: fitted for fitted in fits})

    def fit_earlier(
        self, place: int, participants: Sequence[Plugin], before: FittedFold | None
    ) -> FittedFold:
        """A further fold.

        Args:
            place: which.
            participants: who is fitted.
            before: a fold whose fits networks may start from; one that knows nothing more.
        """
        older = {} if before is None else before.recommenders

        def fit_one(plugin: Plugin, known: TrainingData) -> FitResult:
            progress = self.steps.of(plugin.name)
            with self.profile.measure(stage_of(place), plugin.name):
                seconds, start = self.deadline.seconds, older.get(plugin.name)
                return fit(self.registry, plugin, known, progress, start, seconds)

        return fit_fold(self.data, self.splits[place], participants, fit_one)

    def fit_last(self, plugin: Plugin, before: Recommender | None) -> FitResult:
        """The fit on everything, which nothing is measured on.

        Args:
            plugin: what is fitted.
            before: the same one fitted on a part of the data, to start from.
        """
        progress = self.steps.of(plugin.name)
        with self.profile.measure(LAST_FIT, plugin.name):
            return fit(self.registry, plugin, self.data, progress, before, self.deadline.seconds)

    def score(
        self,
        place: int,
        fold: FittedFold,
        names: Sequence[str],
        retrievers: Sequence[str],
        size: SampleSize,
    ) -> ScoredFold:
        """What members of a fold score; see `score_fold`."""
        self.steps.show("scoring what was held out")
        limit = time_limited(self.deadline.seconds)
        with self.profile.measure(stage_of(place), SCORING), limit:
            return score_fold(self.data, fold, names, retrievers, size, self.repeats)

    def _first_fit(self, plugin: Plugin, known: TrainingData) -> FitResult:
        progress, limit = self.steps.of(plugin.name), self.deadline.seconds
        kept = self.kept.pop(plugin.name, None)
        if kept is not None and kept.plugin == plugin:
            return kept
        if self.deadline.left(FIRST_FOLD) < 0:
            why = f"not begun: {FIRST_FOLD:.0%} of the time limit of {limit:,.0f} s had gone"
            return FitResult(plugin, None, why, declined=True)
        if why := no_time_to_import(plugin, ONE_FIT * limit):
            return FitResult(plugin, None, why, declined=True)
        with self.profile.measure(stage_of(0), plugin.name):
            return fit_in_time(self.registry, plugin, known, progress, ONE_FIT * limit)
