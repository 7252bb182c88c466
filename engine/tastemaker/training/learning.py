"""Learning the blend on several folds of time, and measuring it on the latest of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tastemaker.blend import ScoredCases, WeightCurve, fit_weights, uniform_weights
from tastemaker.data import TrainingData
from tastemaker.holdout.splits import Split
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import FitResult, fit, fit_in_time
from tastemaker.training.folds import Fold, fit_fold, fold_measures, restricted_cases
from tastemaker.training.planning import Costs, Plan, thinned
from tastemaker.training.steps import Steps
from tastemaker.training.weights import learn_weights, mean_weights

# The shares below were chosen, not measured.

FIRST_FOLD = 0.5
"""Once the first fold has taken this share of the time limit, it fits nothing more."""

PLANNED = 0.75
"""What is planned should be over by then; the rest is for learning, saving and bad forecasts."""

PLANNED_WITH_LEARNING = 0.9
"""The same where the time for learning the weights is known, and part of the plan."""

ONE_FIT = 1 / 8
"""A fit may take this share of the time limit: on all folds and in the end that is half of it."""


@dataclass(frozen=True)
class LearnedBlend:
    """Learnt weights, and how they measured.

    Attributes:
        curve: over the members worth their cost.
        measures: for each member, and for "blend", held-out measures such as {"ndcg@10": 0.1}.
        basis: in words, what was held out.
        missing: those that failed or were declined.
        notes: what a person should know.
    """

    curve: WeightCurve
    measures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    basis: str = ""
    missing: tuple[FitResult, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingContext:
    """What learning works with.

    Attributes:
        registry: makes the recommenders.
        data: all there is to learn from.
        splits: one for each fold, the latest first.
        deadline: how much time there is.
        steps: what to report to.
    """

    registry: Registry
    data: TrainingData
    splits: Sequence[Split]
    deadline: Deadline
    steps: Steps

    def first_fit(self, plugin: Plugin, known: TrainingData) -> FitResult:
        """A fit on the first fold, where it is not known yet how long it takes."""
        progress, limit = self.steps.of(plugin.name), self.deadline.seconds
        if self.deadline.left(FIRST_FOLD) < 0:
            why = f"not begun: {FIRST_FOLD:.0%} of the time limit of {limit:,.0f} s had gone"
            return FitResult(plugin, None, why, declined=True)
        return fit_in_time(self.registry, plugin, known, progress, ONE_FIT * limit)

    def fit(self, plugin: Plugin, known: TrainingData) -> FitResult:
        """Any later fit."""
        return fit(self.registry, plugin, known, self.steps.of(plugin.name))


def learn_blend(context: TrainingContext, participants: Sequence[Plugin]) -> LearnedBlend:
    """The weight curve of the recommenders that could be fitted on every fold.

    It is learnt on all folds, to serve, and without each of them in turn: to see how far to shrink
    it, and to measure on the latest one honestly.
    """
    if not context.splits or not participants:
        return _unlearnt([plugin.name for plugin in participants], ())
    first = light_first(participants)
    latest = fit_fold(context.data, context.splits[0], first, context.first_fit)
    plan = _plan(context, latest)
    earlier = _earlier_folds(context, participants, plan)
    missing = [*latest.missing, *(one for fold in earlier for one in fold.missing)]
    missing += [_dropped(one, plan) for one in participants if one.name in plan.dropped]
    out = {one.name for one in missing}
    names = [plugin.name for plugin in participants if plugin.name not in out]
    context.steps.show("learning the blend")
    cases = [restricted_cases(fold, names) for fold in (latest, *earlier)] if names else []
    if not any(cases):
        return _unlearnt(names, missing)
    return _learnt(context, latest, names, cases, missing)


def light_first(participants: Sequence[Plugin]) -> list[Plugin]:
    """Those that need extra modules last: where time runs out, the light ones have been fitted."""
    return sorted(
        participants,
        key=lambda plugin: bool(plugin.recommender and plugin.recommender.requires),
    )


def _plan(context: TrainingContext, latest: Fold) -> Plan:
    """Everything, if there is time for it; otherwise what is worth most for its time.

    What fits is always the same for the same data and seed: only a run that is short of time
    depends on how fast the machine is.
    """
    failed = {one.name for one in latest.missing}
    sound = {name: own for name, own in latest.costs.members.items() if name not in failed}
    costs, further = replace(latest.costs, members=sound), len(context.splits) - 1
    plan = Plan(tuple(sound), further)
    if sound and costs.ahead(plan) > context.deadline.left(PLANNED):
        plan = _thinned(context, latest, costs, further)
    context.steps.expect((1 + plan.further) * len(plan.members))
    return plan


def _thinned(context: TrainingContext, latest: Fold, costs: Costs, further: int) -> Plan:
    context.steps.show("choosing what there is time for")
    before = context.deadline.left()
    fitted = fit_weights(latest.members, latest.cases, seed=context.data.seed)
    took = before - context.deadline.left()
    means = mean_weights(fitted.curve, latest.cases)
    weights = dict(zip(latest.members, means, strict=True))
    sound = {name: weights[name] for name in costs.members}
    costs = replace(costs, learning=took / len(latest.members))
    return thinned(costs, further, context.deadline.left(PLANNED_WITH_LEARNING), sound)


def _earlier_folds(
    context: TrainingContext, participants: Sequence[Plugin], plan: Plan
) -> list[Fold]:
    """The further folds that were planned, as long as there is time."""
    chosen = [plugin for plugin in participants if plugin.name in plan.members]
    folds: list[Fold] = []
    for split in context.splits[1 : 1 + plan.further] if chosen else ():
        if folds and context.deadline.left(PLANNED_WITH_LEARNING) < 0:
            break
        folds.append(fit_fold(context.data, split, chosen, context.fit))
    return folds


def _dropped(plugin: Plugin, plan: Plan) -> FitResult:
    return FitResult(plugin, None, plan.dropped[plugin.name], declined=True)


def _unlearnt(names: Sequence[str], missing: Sequence[FitResult]) -> LearnedBlend:
    note = "Too little data to hold any out: every recommender has the same weight."
    return LearnedBlend(uniform_weights(names or [""]), missing=tuple(missing), notes=(note,))


def _learnt(
    context: TrainingContext,
    latest: Fold,
    names: Sequence[str],
    cases: Sequence[Sequence[ScoredCases]],
    missing: Sequence[FitResult],
) -> LearnedBlend:
    """Learns from the scored cases of each fold, the latest first, and measures on the latest."""
    folds = [fold for fold in cases if fold]
    fitted, measured = learn_weights(names, folds, context.data.seed)
    notes: list[str] = []
    newest = cases[0]
    if newest and len(folds) == 1:
        notes.append("Measured on what the blend was learnt from: there is only one fold.")
    if len(cases) < len(context.splits):
        notes.append(f"Short of time: learnt on {len(cases)} of {len(context.splits)} folds.")
    figures = fold_measures(latest, names, newest[0], measured) if newest else {}
    basis = latest.split.basis if newest else ""
    return LearnedBlend(fitted.curve, figures, basis, tuple(missing), tuple(notes))
