"""Learning the blend on several folds of time, and measuring it on the latest of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tastemaker.blend import ScoredCases, WeightCurve, uniform_weights
from tastemaker.blend.retrievers import Retrieval
from tastemaker.holdout.cases import LEARNING, SampleSize
from tastemaker.plugin.discovery import Plugin
from tastemaker.recommender import Recommender
from tastemaker.training.context import TrainingContext
from tastemaker.training.curves import learn_weight_curve
from tastemaker.training.expense import Expense, expense_of
from tastemaker.training.fitting import FitResult, starts_from_another
from tastemaker.training.folds import FittedFold, ScoredFold, fold_costs
from tastemaker.training.measuring import member_measures
from tastemaker.training.planning import Costs, Plan, thinned
from tastemaker.training.profile import CHOOSING, REPEATS
from tastemaker.training.repeats import RepeatBlend
from tastemaker.training.selection import (
    MISSED_LITTLE_ANYWHERE,
    Selection,
    select_for_repeats,
    select_members,
)
from tastemaker.training.step_function_report import StepFunctionReport
from tastemaker.training.steps import CHOOSING_FITS, LEARNING_FITS

FIRST_LOOK = SampleSize(1000, 100)
"""How many people all recommenders score before it is chosen who goes on: whole histories as for
learning, since all are measured on them, and fewer truncated ones. Chosen, not measured."""

PLANNED = 0.9
"""What is planned should be over by this share of the time; the rest is for saving and bad
forecasts. Chosen, not measured."""


@dataclass(frozen=True)
class LearnedBlend:
    """Learnt weights, and how they measured.

    Attributes:
        curve: over the members worth their cost.
        measures: for each member, and for "blend", held-out measures such as {"ndcg@10": 0.1}.
        basis: in words, what was held out.
        missing: those that failed or were declined.
        notes: what a person should know.
        left_out: by name, why members are not in the blend.
        retrieval: what it costs that only some members bring candidates; None where all do.
        latest: by name, recommenders fitted on the latest fold that the last fit can start from.
        repeats: what was learnt for where items may come again; None where people hardly choose
            anything again.
        moved: how much of the weight moves without each fold; see `LearnedWeights`.
        steps: whether step functions were let in; None where nothing was learnt.
    """

    curve: WeightCurve
    measures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    basis: str = ""
    missing: tuple[FitResult, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    retrieval: Retrieval | None = None
    latest: Mapping[str, Recommender] = field(default_factory=dict)
    repeats: RepeatBlend | None = None
    moved: tuple[float, ...] = ()
    steps: StepFunctionReport | None = None

    @property
    def serving(self) -> frozenset[str]:
        """The members of either curve."""
        return frozenset(self.curve.members + (self.repeats.curve.members if self.repeats else ()))


@dataclass(frozen=True)
class FirstLook:
    """What came of the latest fold, on which everybody is tried.

    Attributes:
        fold: the fitted members.
        selection: who goes on.
        repeats: who goes on for the weights of where items may come again, if any are learnt.
        plan: who of them all, and on how many folds, as far as there is time.
        expenses: what each member costs, by name.
        measures: of each member alone.
        repeat_measures: the same where items may come again; empty where that is not learnt.
        missing: those that could not be fitted, or failed to score.
    """

    fold: FittedFold
    selection: Selection
    repeats: Selection | None
    plan: Plan
    expenses: Mapping[str, Expense]
    measures: Mapping[str, Mapping[str, float]]
    repeat_measures: Mapping[str, Mapping[str, float]]
    missing: tuple[FitResult, ...]

    @property
    def retrievers(self) -> list[str]:
        """The retrievers among those that are planned; none where all bring candidates."""
        return [name for name in self.selection.retrievers if name in self.plan.members]


def learn_blend(context: TrainingContext, participants: Sequence[Plugin]) -> LearnedBlend:
    """The weight curve of the recommenders worth their cost.

    Everybody is tried on the latest fold. Those that are of use there are fitted on the others too,
    and their weights learnt on all of them: to serve, and without each of them in turn, to see how
    far to shrink them, and to measure on the latest one honestly.
    """
    if not context.splits or not participants:
        return _unlearnt([plugin.name for plugin in participants], ())
    look = take_first_look(context, participants)
    latest = context.score(
        0, look.fold, look.fold.names, look.retrievers or look.fold.names, LEARNING
    )
    failed = look.fold.failed(latest.problems)
    look = replace(look, fold=resumable(look.fold))
    earlier, failed_earlier = _earlier_folds(context, participants, look)
    scored, missing = [latest, *earlier], [*look.missing, *failed, *failed_earlier]
    missing += [_dropped(one, look.plan) for one in participants if one.name in look.plan.dropped]
    out = {one.name for one in missing}
    names = [name for name in look.plan.members if name not in out]
    learned = _learnt(context, look, names, scored, missing)
    return replace(learned, repeats=_learn_repeats(context, look, names, scored))


def light_first(participants: Sequence[Plugin]) -> list[Plugin]:
    """Those that need extra modules last: where time runs out, the light ones have been fitted."""
    return sorted(
        participants,
        key=lambda plugin: bool(plugin.recommender and plugin.recommender.requires),
    )


def take_first_look(context: TrainingContext, participants: Sequence[Plugin]) -> FirstLook:
    """Fits everybody on the latest fold, and chooses who goes on.

    What is chosen is always the same for the same data and seed: only a run that is short of time
    depends on how fast the machine is.
    """
    fold = context.fit_latest(light_first(participants))
    scored = context.score(0, fold, fold.names, fold.names, FIRST_LOOK)
    missing = (*fold.missing, *fold.failed(scored.problems))
    names = [name for name in fold.names if name not in scored.problems]
    cases = scored.restricted(names, ())
    choosing = context.steps.of_others("choosing who goes on", CHOOSING_FITS)
    with context.profile.measure(CHOOSING):
        expenses = {name: expense_of(one) for name, one in fold.recommenders.items()}
        selection = select_members(names, cases, expenses, choosing)
    measures = member_measures(names, cases[0]) if cases else {}
    del cases
    again = scored.restricted(names, (), repeats=True)
    repeat_measures = member_measures(names, again[0]) if again else {}
    repeats = None
    if again:
        tried = [name for name in names if name not in selection.networks_left]
        again = scored.restricted(tried, (), repeats=True)
        with context.profile.measure(CHOOSING, REPEATS):
            repeats = select_for_repeats(tried, again, expenses, selection.retrievers)
    plan = _plan(context, fold_costs(fold, scored), selection.together(repeats))
    return FirstLook(
        fold.only(plan.members),
        selection,
        repeats,
        plan,
        expenses,
        measures,
        repeat_measures,
        missing,
    )


def _plan(context: TrainingContext, costs: Costs, selection: Selection) -> Plan:
    """Everybody chosen, on all folds, if there is time for it; otherwise what is worth most."""
    kept = {name: costs.members[name] for name in selection.members}
    costs, further = Costs(kept, costs.shared), len(context.splits) - 1
    plan = Plan(tuple(kept), further)
    left = context.deadline.left(PLANNED)
    if kept and costs.ahead(plan) > left:
        weights = {name: selection.weights[name] for name in kept}
        plan = thinned(costs, further, left, weights)
    context.steps.expect((1 + plan.further) * len(plan.members))
    return plan


def _earlier_folds(
    context: TrainingContext, participants: Sequence[Plugin], look: FirstLook
) -> tuple[list[ScoredFold], list[FitResult]]:
    """What those who go on score on the further folds, the latest first, and who failed at it.

    The folds are gone through from the oldest on: a network may start from what it learnt on one
    that knows nothing more.
    """
    names = look.plan.members
    chosen = [plugin for plugin in participants if plugin.name in names]
    scored, failed = list[ScoredFold](), list[FitResult]()
    before: FittedFold | None = None
    for place in range(look.plan.further if chosen else 0, 0, -1):
        if before is not None and context.deadline.left(PLANNED) < 0:
            break
        start = before if before and before.knows_nothing_beyond(context.splits[place]) else None
        fold = context.fit_earlier(place, chosen, start)
        own = [name for name in names if name in fold.names]
        bringing = [name for name in look.retrievers if name in own] or own
        scored.insert(0, context.score(place, fold, own, bringing, LEARNING))
        failed += [*fold.missing, *fold.failed(scored[0].problems)]
        before = resumable(fold)
    return scored, failed


def resumable(fold: FittedFold) -> FittedFold:
    """The fold with those fits alone from which a later one can start."""
    fitted = fold.recommenders.items()
    return fold.only([name for name, one in fitted if starts_from_another(one)])


def _dropped(plugin: Plugin, plan: Plan) -> FitResult:
    return FitResult(plugin, None, plan.dropped[plugin.name], declined=True)


def _unlearnt(names: Sequence[str], missing: Sequence[FitResult]) -> LearnedBlend:
    note = "Too little data to hold any out: every recommender has the same weight."
    return LearnedBlend(uniform_weights(names or [""]), missing=tuple(missing), notes=(note,))


def _learnt(
    context: TrainingContext,
    look: FirstLook,
    members: Sequence[str],
    scored: Sequence[ScoredFold],
    missing: Sequence[FitResult],
) -> LearnedBlend:
    """Learns from what was scored on each fold, the latest first, and measures on the latest."""
    learning = context.steps.of_others("learning the blend", LEARNING_FITS)
    names = [name for name in members if name in look.selection.members]
    retrievers = [name for name in look.retrievers if name in names]
    cases = [one.restricted(names, retrievers) for one in scored]
    if not any(map(len, (group for own in cases for group in own))):
        return _unlearnt(names, missing)
    learned = learn_weight_curve(
        names, cases, look.expenses, retrievers, context.profile, progress=learning
    )
    figures = dict(look.measures)
    if cases[0]:
        figures["blend"] = learned.measures
    unmissed = dict.fromkeys(learned.unmissed, MISSED_LITTLE_ANYWHERE)
    as_chosen = tuple(retrievers) == look.selection.retrievers
    return LearnedBlend(
        learned.curve,
        figures,
        look.fold.split.description if cases[0] else "",
        tuple(missing),
        _notes(context, cases),
        {**look.selection.left_out, **unmissed},
        look.selection.retrieval if as_chosen else None,
        look.fold.recommenders,
        moved=learned.moved,
        steps=learned.steps,
    )


def _learn_repeats(
    context: TrainingContext,
    look: FirstLook,
    members: Sequence[str],
    scored: Sequence[ScoredFold],
) -> RepeatBlend | None:
    """The same for where items may come again; None where that is not to be learnt."""
    chosen = look.repeats
    names = [name for name in members if chosen and name in chosen.members]
    retrievers = [name for name in look.retrievers if name in names]
    cases = [one.restricted(names, retrievers, repeats=True) for one in scored] if names else []
    if not any(map(len, (group for own in cases for group in own))):
        return None
    learning = context.steps.of_others("learning the blend for repeats", LEARNING_FITS)
    learned = learn_weight_curve(
        names, cases, look.expenses, retrievers, context.profile, REPEATS, learning
    )
    figures = dict(look.repeat_measures)
    if cases[0]:
        figures["blend"] = learned.measures
    return RepeatBlend(learned.curve, context.repeat_share, figures, learned.steps)


def _notes(context: TrainingContext, cases: Sequence[Sequence[ScoredCases]]) -> tuple[str, ...]:
    notes: list[str] = []
    if cases[0] and len(list(filter(None, cases))) == 1:
        notes.append("Measured on what the blend was learnt from: there is only one fold.")
    if len(cases) < len(context.splits):
        notes.append(f"Short of time: learnt on {len(cases)} of {len(context.splits)} folds.")
    return tuple(notes)
