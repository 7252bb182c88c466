"""One weight curve of a release: who stays in it, its weights, and how it measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.blend import ScoredCases, WeightCurve
from tastemaker.blend.member_subset import keep_scores
from tastemaker.blend.step_validation import try_steps
from tastemaker.recommender import Progress, no_progress
from tastemaker.training.expense import Expense
from tastemaker.training.measuring import blend_measures
from tastemaker.training.profile import CHOOSING, STEP_FUNCTIONS, WEIGHTS, Profile
from tastemaker.training.selection import prune_on_folds
from tastemaker.training.served_weights import learn_served_weights
from tastemaker.training.step_function_report import StepFunctionReport
from tastemaker.training.steps import part_of


@dataclass(frozen=True)
class LearnedCurve:
    """Weights that were learnt on several folds.

    Attributes:
        curve: over the members worth their cost.
        measures: held-out measures of the blend on the latest fold; empty where that held out
            nothing.
        unmissed: the members that the blend hardly misses on any fold.
        moved: how much of the weight moves without each fold; see `LearnedWeights`.
        steps: whether step functions were let in, and why not.
    """

    curve: WeightCurve
    measures: Mapping[str, float]
    unmissed: tuple[str, ...]
    moved: tuple[float, ...]
    steps: StepFunctionReport


def learn_weight_curve(
    names: Sequence[str],
    cases: Sequence[Sequence[ScoredCases]],
    expenses: Mapping[str, Expense],
    retrievers: Sequence[str],
    profile: Profile,
    what: str = "",
    progress: Progress = no_progress,
) -> LearnedCurve:
    """The curve of those members that the blend would miss.

    Args:
        names: the members.
        cases: the scored cases of each fold, the latest first, with the retrievers' candidates;
            some fold has some.
        expenses: what each member costs, by name.
        retrievers: those that bring candidates; all where empty.
        profile: what notes where the time goes.
        what: as what it notes that.
        progress: what to report to.
    """
    folds = [fold for fold in cases if fold]
    # weights are learnt without each fold for choosing, then so again and on all for serving; then
    # it is tried whether step functions add to them
    rounds = 2 * len(folds) + 2
    with profile.measure(CHOOSING, what):
        pruning = part_of(progress, 0, rounds)
        kept = prune_on_folds(names, folds, expenses, retrievers, pruning)
        rows = [names.index(name) for name in kept]
        folds = [[keep_scores(one, rows) for one in fold] for fold in folds]
    with profile.measure(WEIGHTS, what):
        weighing = part_of(progress, len(folds), rounds)
        learned = learn_served_weights(kept, folds, retrievers, weighing)
    with profile.measure(STEP_FUNCTIONS, what):
        progress(rounds - 1, rounds)
        tried = try_steps(kept, folds, learned.curve, learned.measured)
    figures = blend_measures(kept, folds[0][0], tried.measured) if cases[0] else {}
    unmissed = tuple(name for name in names if name not in kept)
    report = StepFunctionReport.of(tried)
    return LearnedCurve(tried.curve, figures, unmissed, learned.moved, report)
