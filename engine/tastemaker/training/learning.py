"""Learning the blend on several cuts of time, and measuring it on the latest of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tastemaker.blend import (
    ScoredCases,
    WeightCurve,
    apply_guarantee,
    fit_raw_weights,
    fit_weights,
    keep_members,
    shrinkage_shares,
    uniform_weights,
)
from tastemaker.data import BoolArray, Float64Array, TrainingData
from tastemaker.holdout.splits import Split
from tastemaker.metrics.accuracy import measures
from tastemaker.plugin.registry import Registry
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import Candidate, FitResult, fit, fit_in_time
from tastemaker.training.folds import Fold, fit_fold
from tastemaker.training.planning import NO_WEIGHT, Costs, Plan, thinned
from tastemaker.training.steps import Steps

CUTOFFS = (10, 20)

FIRST_CUT = 0.5
"""Once the first cut has taken this share of the time, it fits nobody else."""

LEARNING = 0.75
"""What is planned should be over by then; the rest is for learning, saving and bad forecasts."""

SAVING = 0.9
"""The same where the time for learning is known."""

ONE_FIT = 1 / 8
"""A fit may take this share of the time: at every cut and in the end that is half of all."""


@dataclass(frozen=True)
class LearnedBlend:
    """A learnt curve, and how it measured.

    Attributes:
        curve: over the members worth their cost.
        measures: for each member, and for "blend", held-out measures such as {"ndcg@10": 0.1}.
        basis: in words, what was held out.
        missing: those who failed or were declined.
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
        cuts: of time, the latest first.
        deadline: how much time there is.
        steps: told how far it is.
    """

    registry: Registry
    data: TrainingData
    cuts: Sequence[Split]
    deadline: Deadline
    steps: Steps

    def first_fit(self, candidate: Candidate, known: TrainingData) -> FitResult:
        """A fit at the first cut, where nobody knows yet how long it takes."""
        progress, limit = self.steps.of(candidate.name), self.deadline.seconds
        if self.deadline.left(FIRST_CUT) < 0:
            why = f"not begun: {FIRST_CUT:.0%} of the time limit of {limit:,.0f} s had gone"
            return FitResult(candidate, None, why, 0.0, declined=True)
        return fit_in_time(self.registry, candidate, known, progress, ONE_FIT * limit)

    def fit(self, candidate: Candidate, known: TrainingData) -> FitResult:
        """Any later fit."""
        return fit(self.registry, candidate, known, self.steps.of(candidate.name))


def learn_blend(course: TrainingContext, candidates: Sequence[Candidate]) -> LearnedBlend:
    """The weight curve of the candidates that could be fitted at every cut.

    It is learnt on all cuts, to serve, and without each of them in turn: to see how far it can be
    trusted, and to measure on the latest one honestly.
    """
    if not course.cuts or not candidates:
        return _unlearnt([candidate.name for candidate in candidates], ())
    latest = fit_fold(course.data, course.cuts[0], light_first(candidates), course.first_fit)
    plan = _plan(course, latest)
    earlier = _earlier(course, candidates, plan)
    missing = [*latest.missing, *(one for cut in earlier for one in cut.missing)]
    missing += [_dropped(one, plan) for one in candidates if one.name in plan.dropped]
    out = {one.candidate.name for one in missing}
    names = [candidate.name for candidate in candidates if candidate.name not in out]
    course.steps.say("learning the blend")
    lesson_of = [_restricted(cut, names) for cut in (latest, *earlier)] if names else []
    if not any(lesson_of):
        return _unlearnt(names, missing)
    return _learnt(course, latest, names, lesson_of, missing, len(earlier))


def light_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that need extra modules last: where time runs out, the light ones have been heard."""
    return sorted(
        candidates,
        key=lambda candidate: bool(
            candidate.plugin.recommender and candidate.plugin.recommender.requires
        ),
    )


def _plan(course: TrainingContext, latest: Fold) -> Plan:
    """Everything, if there is time for it; otherwise what is worth most for its time.

    What fits is always the same for the same data and seed: only a run that is short of time
    depends on how fast the machine is.
    """
    failed = {one.candidate.name for one in latest.missing}
    sound = {name: own for name, own in latest.costs.members.items() if name not in failed}
    costs, further = replace(latest.costs, members=sound), len(course.cuts) - 1
    plan = Plan(tuple(sound), further)
    if sound and costs.ahead(plan) > course.deadline.left(LEARNING):
        plan = _thinned(course, latest, costs, further)
    course.steps.expect((1 + plan.further) * len(plan.members))
    return plan


def _thinned(course: TrainingContext, latest: Fold, costs: Costs, further: int) -> Plan:
    course.steps.say("choosing what there is time for")
    before = course.deadline.left()
    curve = fit_weights(latest.members, latest.trials, seed=course.data.seed)
    took = before - course.deadline.left()
    weights = dict(zip(latest.members, _say(curve, latest.trials), strict=True))
    sound = {name: weights[name] for name in costs.members}
    costs = replace(costs, lesson=took / len(latest.members))
    return thinned(costs, further, course.deadline.left(SAVING), sound)


def _say(curve: WeightCurve, trials: Sequence[ScoredCases]) -> list[float]:
    """The mean weight of each member over people; 0 where it is next to nothing at any length."""
    rows = [curve.at(one.lengths) for one in trials] or [curve.weights]
    mean = np.concatenate(rows).mean(axis=0)
    return [float(own) for own in mean * (curve.weights.max(axis=0) > NO_WEIGHT)]


def _earlier(course: TrainingContext, candidates: Sequence[Candidate], plan: Plan) -> list[Fold]:
    """The further cuts that were planned, as long as there is time."""
    chosen = [candidate for candidate in candidates if candidate.name in plan.members]
    cuts: list[Fold] = []
    for split in course.cuts[1 : 1 + plan.further] if chosen else ():
        if cuts and course.deadline.left(SAVING) < 0:
            break
        cuts.append(fit_fold(course.data, split, chosen, course.fit))
    return cuts


def _dropped(candidate: Candidate, plan: Plan) -> FitResult:
    return FitResult(candidate, None, plan.dropped[candidate.name], 0.0, declined=True)


def _restricted(cut: Fold, names: Sequence[str]) -> list[ScoredCases]:
    rows = [cut.members.index(name) for name in names]
    return [keep_members(one, rows) for one in cut.trials]


def _unlearnt(names: Sequence[str], missing: Sequence[FitResult]) -> LearnedBlend:
    note = "Too little data to hold any out: every recommender has the same weight."
    return LearnedBlend(uniform_weights(names or [""]), missing=tuple(missing), notes=(note,))


def _learnt(
    course: TrainingContext,
    latest: Fold,
    names: Sequence[str],
    trials: Sequence[Sequence[ScoredCases]],
    missing: Sequence[FitResult],
    n_earlier: int,
) -> LearnedBlend:
    """Learns without each cut in turn, to be cautious and to measure, and with all, to serve."""
    asked = [of_cut for of_cut in trials if of_cut]
    curve, measured = taught(names, asked, course.data.seed)
    notes: list[str] = []
    if trials[0] and len(asked) == 1:
        notes.append("Measured on what the blend was learnt from: only one cut of time.")
    if n_earlier < len(course.cuts) - 1:
        notes.append(f"Short of time: learnt on {1 + n_earlier} of {len(course.cuts)} cuts.")
    newest = trials[0]
    figures = _measures(latest, names, newest[0], measured) if newest else {}
    basis = latest.split.description if newest else ""
    return LearnedBlend(curve, figures, basis, tuple(missing), tuple(notes))


def taught(
    names: Sequence[str], cuts: Sequence[Sequence[ScoredCases]], seed: int
) -> tuple[WeightCurve, WeightCurve]:
    """What the members' blend learns, over those of them alone that it gives weight.

    How far the learnt weights are trusted is found by learning without each cut in turn (see
    `shrinkage_shares`).

    Args:
        names: the members.
        cuts: the trials of each cut, the latest first.
        seed: what anything random starts from.

    Returns:
        The curve that serves, and the one to measure on the latest cut: learnt without it, if there
        are several. (Of the latest cut it knows one thing: how far to trust weights, which the
        other cuts told of weights that were learnt with it.)
    """
    everything = [one for of_cut in cuts for one in of_cut]
    if len(cuts) == 1:
        curve = worthwhile(fit_weights(names, everything, seed=seed), everything)
        return curve, curve
    drafts = [
        fit_raw_weights(names, _without(cuts, place), seed=seed) for place in range(len(cuts))
    ]
    served = fit_raw_weights(names, everything, seed=seed).shrunk(shrinkage_shares(drafts, cuts))
    measured = drafts[0].shrunk(shrinkage_shares(drafts[1:], cuts[1:]))
    older = [one for of_cut in cuts[1:] for one in of_cut]
    return (
        worthwhile(apply_guarantee(served, everything), everything),
        worthwhile(apply_guarantee(measured, older), older),
    )


def _without(cuts: Sequence[Sequence[ScoredCases]], left_out: int) -> list[ScoredCases]:
    """The trials of all cuts but one."""
    return [one for place, of_cut in enumerate(cuts) if place != left_out for one in of_cut]


def worthwhile(curve: WeightCurve, trials: Sequence[ScoredCases]) -> WeightCurve:
    """The curve over those members alone that have weight, so that serving pays only for them.

    Without the others' candidates scores are on other scales: the guarantee is given again, for
    the blend that serves.
    """
    kept = [row for row, most in enumerate(curve.weights.max(axis=0)) if most > NO_WEIGHT]
    if not kept or len(kept) == len(curve.members):
        return curve
    parts = [keep_members(one, kept) for one in trials]
    return apply_guarantee(curve.only([curve.members[row] for row in kept]), parts)


def _measures(
    latest: Fold, names: Sequence[str], newest: ScoredCases, curve: WeightCurve
) -> dict[str, dict[str, float]]:
    """How each member alone and the blend do on the latest cut, histories whole.

    To whom a member is silent it is of no worth.
    """
    whole, carry = latest.trials[0], curve.carry
    informative = whole.calibrated.informative
    figures = {
        name: _figures(whole, np.tile(own, (len(whole), 1)), carry, heard)
        for name, own, heard in zip(
            latest.members, np.eye(len(latest.members)), informative, strict=True
        )
    }
    part = keep_members(newest, [names.index(name) for name in curve.members])
    heard = np.asarray(part.calibrated.informative.any(axis=0))
    figures["blend"] = _figures(part, curve.at(part.lengths), carry, heard)
    return figures


def _figures(
    trial: ScoredCases, weights: Float64Array, carry: float, heard: BoolArray
) -> dict[str, float]:
    hits = trial.hits(trial.totals(weights, carry), max(CUTOFFS)) & heard[:, np.newaxis]
    figures = measures(hits, trial.n_relevant, CUTOFFS)
    return {name: round(float(own.mean()), 4) for name, own in figures.items()}
