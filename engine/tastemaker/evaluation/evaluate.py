"""An evaluation: read, split, train in memory, recommend, measure. It writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from tastemaker.evaluation.arguments import check_people, checked_cutoffs, repeats_allowed
from tastemaker.evaluation.by_length import LengthQuality, cases_by_length, measure_length
from tastemaker.evaluation.costs import cost_of_exploring, cost_of_retrieving
from tastemaker.evaluation.diversity_curve import diversity_curve
from tastemaker.evaluation.figures import ListMeasures, measure_lists
from tastemaker.evaluation.models import CatalogueNow, ServedModels, train_models
from tastemaker.evaluation.plugin_metrics import measured_by_plugins
from tastemaker.evaluation.ranked_lists import RankedLists, recommend_to
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.result import EvaluatedModel, Repeats
from tastemaker.holdout.cases import HeldOutCases, full_history_cases
from tastemaker.holdout.evaluation_split import EvaluationSplit, make_evaluation_split
from tastemaker.metrics.beyond_accuracy import Past
from tastemaker.plugin.discovery import Plugin
from tastemaker.recommender import Progress
from tastemaker.serving.reranking import load_rerankers
from tastemaker.serving.state import ServingState
from tastemaker.store.store import Store
from tastemaker.training.deadline import Deadline
from tastemaker.training.inputs import read_training_inputs
from tastemaker.training.limits import DEFAULT, Limits
from tastemaker.training.report import MemberReport

TRUNCATED_PEOPLE = 500
"""At most so many people are evaluated at each length that histories are truncated to."""

DIVERSITY_PEOPLE = 500
"""For at most so many people the cost of diversity is measured."""

MAIN = 10
"""The cutoff of the summary and of the envelope, if it is among those wanted."""

TRAINING_SHARE = 0.7
"""The share of the progress bar that is given to training, and of the time limit."""

LEAST_SECONDS = 1e-3
"""What training is given where reading has taken all of the time."""

PROGRESS_STEPS = 1000
"""Into how many steps the progress of an evaluation is divided."""


def evaluate(
    store: Store,
    plugins: Sequence[object],
    *,
    split: str | None,
    seen: str,
    cutoffs: Sequence[int],
    only: Sequence[str],
    seed: int,
    people: int,
    exploration: float | None,
    exact: bool,
    limits: Limits,
    progress: Progress,
) -> Report:
    """Evaluates what a database would serve, without touching it; see `Tastemaker.evaluate`.

    Args:
        store: where the data is.
        plugins: what the application brings besides installed distributions.
        split: the name of the split; by time, or at random where times are not known, if None.
        seen: "exclude" or "include": whether what people had chosen may come again.
        cutoffs: how long the measured lists are.
        only: names of recommenders; all that are enabled where empty.
        seed: where everything random starts from.
        people: at most so many people are evaluated.
        exploration: the share of places that goes to new items; the configuration's if None.
        exact: whether every item is scored, instead of the retrievers' candidates.
        limits: what it may take; training has a share of the time.
        progress: what to report to.

    Raises:
        InputError: no split has that name, or a cutoff or a number is refused.
        EvaluationError: there is too little data for the split.
        TrainingError: no recommender could be trained.
        NotFoundError: `only` names a recommender that is not there.
        PluginError: `only` names one that is switched off or failed.
    """
    start, deadline = time.monotonic(), Deadline(limits.seconds)
    lengths = checked_cutoffs(cutoffs)
    check_people(people)
    repeats = repeats_allowed(seen)
    inputs = read_training_inputs(store, plugins, only, seed)
    snapshot = inputs.snapshot
    share = inputs.configuration.exploration if exploration is None else exploration
    made = make_evaluation_split(split, snapshot.data, snapshot.items.available)
    steps = EvaluationProgress(progress)
    disabled, settings = inputs.configuration.disabled, inputs.configuration.settings
    rerankers = load_rerankers(plugins, disabled, settings)
    undeclared = inputs.configuration.undeclared
    catalogue = CatalogueNow(snapshot.items, snapshot.kinds, share, rerankers, undeclared)
    most = replace(limits, seconds=max(deadline.left(TRAINING_SHARE), LEAST_SECONDS))
    served = train_models(inputs.registry, inputs.participants, made, catalogue, steps, most)
    metrics = inputs.registry.extensions("metric")
    report = evaluate_models(
        made, served, lengths, people, exact, steps, repeats, metrics, deadline
    )
    return replace(
        report,
        seconds=time.monotonic() - start,
        made_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )


class EvaluationProgress:
    """Joins the progress of training, which reports to it, and of measuring into one.

    Args:
        progress: what to report to.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Reports the progress of training."""
        self._report(TRAINING_SHARE * done / total if total else 0.0, what)

    def measuring(self, done: int, total: int, what: str) -> None:
        """Reports the progress of what follows it."""
        self._report(TRAINING_SHARE + (1 - TRAINING_SHARE) * done / max(total, 1), what)

    def _report(self, share: float, what: str) -> None:
        self._progress(round(min(share, 1.0) * PROGRESS_STEPS), PROGRESS_STEPS, what)


def evaluate_models(
    split: EvaluationSplit,
    served: ServedModels,
    cutoffs: tuple[int, ...],
    most: int,
    exact: bool,
    progress: EvaluationProgress,
    repeats: bool = False,
    metrics: Sequence[Plugin] = (),
    deadline: Deadline | None = None,
) -> Report:
    """Lets what serves recommend to the people of a split, and measures the lists.

    The blend is measured in any case; everything else only as long as there is time.

    Args:
        split: the people, and what they went on to choose.
        served: what recommends.
        cutoffs: how long lists are.
        most: at most so many people are evaluated.
        exact: whether every item is scored, instead of the retrievers' candidates.
        progress: what to report to.
        repeats: whether what people had chosen may come again.
        metrics: what plugins bring to measure the lists with.
        deadline: when its time is over; it has the default time where None.
    """
    deadline = deadline or Deadline(DEFAULT.seconds)
    seed = split.data.seed
    everything = {**served.alone, "blend": served.blend}
    cases = full_history_cases(split.people, split.split, repeats)
    cases = cases.sample(most, np.random.default_rng(seed))
    main = MAIN if MAIN in cutoffs else cutoffs[0]
    lists = _lists_of(everything, cases, split, max(cutoffs), exact, progress, deadline)
    past = Past.of(split.data.people, len(split.candidates), seed)
    may_be_shown = split.candidates & served.blend.catalogue.available
    progress.measuring(1, 2, "measuring")
    others, left_out = measured_by_plugins(metrics, lists, cutoffs)
    figures = measure_lists(lists, past, may_be_shown, cutoffs, main, others)
    in_time = deadline.left() > 0
    blend, listed = served.blend, lists["blend"]
    exploring = cost_of_exploring(split, blend, cases, listed, main) if in_time else []
    retrieving = (
        [cost_of_retrieving(split, blend, cases, listed, main)] if in_time and not exact else []
    )
    few = cases.sample(DIVERSITY_PEOPLE, np.random.default_rng(seed))
    varied = diversity_curve(blend, few, may_be_shown, past, main) if in_time else ()
    lengths = list(cases_by_length(split, min(most, TRUNCATED_PEOPLE), seed, repeats))
    measured = {name: own for name, own in everything.items() if name in lists}
    points = tuple(envelope(split, measured, lengths, main, exact, progress, deadline))
    return Report(
        split=split.name,
        basis=split.description,
        cutoffs=cutoffs,
        main=main,
        people=len(cases),
        training_people=len(split.data.people),
        training_items=split.data.n_items,
        training_interactions=len(split.data.people.times),
        models=evaluated_models(served, figures),
        points=points,
        diversity=varied,
        curve=served.curve_for(repeats),
        notes=(
            *served.notes,
            *served.blend.problems,
            *exploring,
            *retrieving,
            *left_out,
            *([note_of_missing(deadline)] if deadline.left() <= 0 else []),
        ),
        repeats=repeats_of(lists["blend"], served) if repeats else None,
    )


def note_of_missing(deadline: Deadline) -> str:
    """A sentence for where the time was over before everything was measured."""
    return (
        f"The time limit of {deadline.seconds:g} s was over: what is missing here, recommenders "
        "alone, lengths of histories, diversity, was not measured. See --time-limit."
    )


def _lists_of(
    everything: Mapping[str, ServingState],
    cases: HeldOutCases,
    split: EvaluationSplit,
    k: int,
    exact: bool,
    progress: EvaluationProgress,
    deadline: Deadline,
) -> dict[str, RankedLists]:
    """What the blend recommends and then, as long as there is time, each member alone."""
    lists: dict[str, RankedLists] = {}
    for done, name in enumerate(sorted(everything, key=lambda name: name != "blend")):
        if lists and deadline.left() <= 0:
            break
        progress.measuring(done, 2 * len(everything), f"evaluating {name}")
        lists[name] = recommend_to(everything[name], cases, split.candidates, k, exact=exact)
    return lists


def envelope(
    split: EvaluationSplit,
    everything: Mapping[str, ServingState],
    lengths: Sequence[tuple[int, list[HeldOutCases]]],
    main: int,
    exact: bool,
    progress: EvaluationProgress,
    deadline: Deadline,
) -> Iterator[LengthQuality]:
    """The quality of all that serves by length of history, as long as there is time."""
    for done, (length, cases) in enumerate(lengths if len(everything) > 1 else ()):
        if deadline.left() <= 0:
            return
        progress.measuring(len(lengths) + done, 2 * len(lengths), f"histories of {length}")
        found = measure_length(length, cases, everything, split, main, exact)
        if found is not None:
            yield found


def evaluated_models(
    served: ServedModels, figures: Mapping[str, ListMeasures]
) -> tuple[EvaluatedModel, ...]:
    """Every recommender that took part and, last, the blend, with how they measured."""
    blend = MemberReport("blend", seconds=served.seconds)
    return tuple(
        EvaluatedModel(member, figures.get(member.name)) for member in (*served.members, blend)
    )


def repeats_of(lists: RankedLists, served: ServedModels) -> Repeats:
    """How much of what is relevant people had chosen before, and by which weights it was ranked."""
    again, total = (int(own.sum()) for own in (lists.parts["repeats"][1], lists.n_relevant))
    return Repeats(again / max(total, 1), served.repeat_curve is not None)
