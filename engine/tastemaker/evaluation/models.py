"""What is evaluated: the blend as it would be served, and each of its members alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend import WeightCurve, uniform_weights
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.registry import Registry
from tastemaker.plugin.states import guarded_state
from tastemaker.recommender import Progress, State
from tastemaker.serving.loading import LoadedRelease, restore_member
from tastemaker.serving.reranking import NO_RERANKERS, LoadedRerankers
from tastemaker.serving.state import ServingState, assemble_state
from tastemaker.store.configuration import UNDECLARED_PEOPLE
from tastemaker.store.items import StoredItems
from tastemaker.store.kinds import Kind
from tastemaker.training.building import UnsavedRelease, build
from tastemaker.training.context import ONE_FIT
from tastemaker.training.data_quality import examine
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import fit_in_time
from tastemaker.training.limits import DEFAULT, Limits
from tastemaker.training.report import MemberReport

NO_TIME_ALONE = "not fitted alone: the time for training was over; see --time-limit"


@dataclass(frozen=True)
class CatalogueNow:
    """The items and kinds in the store at this moment, and what the operator chose for serving.

    Attributes:
        items: every item, and whether it is available.
        kinds: the kinds of interaction.
        exploration: the share of places that goes to new items.
        rerankers: those that take part in every answer.
        undeclared: by how many people an undeclared item must have been chosen to be recommended.
    """

    items: StoredItems
    kinds: Sequence[Kind]
    exploration: float = 0.0
    rerankers: LoadedRerankers = NO_RERANKERS
    undeclared: int = UNDECLARED_PEOPLE


@dataclass(frozen=True)
class ServedModels:
    """The blend and its members, ready to recommend as they would in an application.

    Attributes:
        blend: the release that training would have made, over the whole catalogue.
        alone: by name, every recommender that could be trained as if it were the only one;
            those that the blend gives no weight too.
        curve: the blend's weights.
        repeat_curve: those for where items may come again; None where the same serve.
        members: every recommender that took part: its state, its problem, the seconds that its
            last fit took.
        notes: what a person should know of the training run.
        seconds: how long the training run took.
    """

    blend: ServingState
    alone: Mapping[str, ServingState]
    curve: WeightCurve
    members: tuple[MemberReport, ...]
    notes: tuple[str, ...]
    seconds: float
    repeat_curve: WeightCurve | None = None

    def curve_for(self, repeats: bool) -> WeightCurve:
        """The blend's weights where items may come again, or where they may not."""
        return (self.repeat_curve if repeats else None) or self.curve


def train_models(
    registry: Registry,
    participants: Sequence[Plugin],
    split: EvaluationSplit,
    catalogue: CatalogueNow,
    progress: Progress,
    limits: Limits = DEFAULT,
) -> ServedModels:
    """Trains on the known part of a split, in memory, and sets up what would serve.

    Members pass through their stored form, and take in the items that come after training, as
    those of a release do.

    Args:
        registry: makes the recommenders.
        participants: which, and their settings.
        split: what may be learnt from.
        catalogue: the items that there are when recommendations are made.
        progress: what to report to.
        limits: what training may take.

    Raises:
        TrainingError: no recommender could be trained.
    """
    start, deadline = time.monotonic(), Deadline(limits.seconds)
    unsaved = build(registry, participants, split.data, progress, limits, split.hold_out)
    seconds = time.monotonic() - start
    reports, others = _left_out(registry, participants, unsaved, split, progress, deadline)
    states = {model.name: State(model.arrays, model.values) for model in unsaved.models}
    members, problems = _restored(registry, states | others, split.data.n_items)
    loaded = _loaded(split, unsaved, catalogue, members, problems)
    everything = assemble_state(
        loaded,
        catalogue.items,
        catalogue.kinds,
        catalogue.exploration,
        rerankers=catalogue.rerankers,
        undeclared=catalogue.undeclared,
    )
    by_name = {member.name: member for member in everything.ranker.members}
    blend = _with(everything, *_served(by_name, unsaved.curve))
    repeat_curve = unsaved.repeats.curve if unsaved.repeats else None
    if repeat_curve is not None:
        blend = _with_repeats(blend, *_served(by_name, repeat_curve))
    return ServedModels(
        blend,
        {
            report.name: _with(everything, [by_name[report.name]], uniform_weights([report.name]))
            for report in reports
            if report.name in by_name
        },
        unsaved.curve,
        tuple(report for report in reports if report.name != "blend"),
        unsaved.notes,
        seconds,
        repeat_curve,
    )


def _served(
    by_name: Mapping[str, GuardedRecommender], curve: WeightCurve
) -> tuple[list[GuardedRecommender], WeightCurve]:
    """Those members of a curve that could be restored, and their curve."""
    serving = [by_name[name] for name in curve.members if name in by_name]
    return serving, curve.only([member.name for member in serving])


def _left_out(
    registry: Registry,
    participants: Sequence[Plugin],
    unsaved: UnsavedRelease,
    split: EvaluationSplit,
    progress: Progress,
    deadline: Deadline,
) -> tuple[list[MemberReport], dict[str, State]]:
    """All reports, and the states of those without weight, fitted all the same if there is time.

    One of them may be better than the blend. They learn from what a release of theirs would.
    """
    plugins = {plugin.name: plugin for plugin in participants}
    reports = list(unsaved.members)
    states: dict[str, State] = {}
    data = examine(split.data, time.time()).data
    for place, report in enumerate(reports):
        if report.state == "no weight":
            if (left := deadline.left()) <= 0:
                reports[place] = replace(report, problem=NO_TIME_ALONE)
                continue
            progress(1, 1, f"fitting {report.name}")
            seconds = min(left, ONE_FIT * deadline.seconds)
            fitted = fit_in_time(registry, plugins[report.name], data, progress, seconds)
            state, problem = None, fitted.problem
            if fitted.recommender is not None:
                state, problem = guarded_state(fitted.recommender)
            states |= {} if state is None else {report.name: state}
            reports[place] = replace(report, seconds=round(fitted.seconds, 3), problem=problem)
    return reports, states


def _restored(
    registry: Registry, states: Mapping[str, State], n_items: int
) -> tuple[tuple[GuardedRecommender, ...], tuple[str, ...]]:
    members: list[GuardedRecommender] = []
    problems: list[str] = []
    for name, state in states.items():
        member, problem = restore_member(registry, name, state, n_items)
        members.extend([member] if member else [])
        problems.extend([f"{name} {problem}"] if problem else [])
    return tuple(members), tuple(problems)


def _loaded(
    split: EvaluationSplit,
    unsaved: UnsavedRelease,
    catalogue: CatalogueNow,
    members: tuple[GuardedRecommender, ...],
    problems: tuple[str, ...],
) -> LoadedRelease:
    n_known = split.data.n_items
    people = split.data.people
    counts = np.bincount(people.histories.items[people.weights > 0], minlength=n_known)
    keys = catalogue.items.keys[split.order[:n_known]]
    return LoadedRelease(None, keys, counts.astype(np.float32), unsaved.curve, members, problems)


def _with(
    serving: ServingState, members: Sequence[GuardedRecommender], curve: WeightCurve
) -> ServingState:
    """The same with other members."""
    ranker = replace(serving.ranker, members=tuple(members), curve=curve)
    return replace(serving, ranker=ranker)


def _with_repeats(
    serving: ServingState, members: Sequence[GuardedRecommender], curve: WeightCurve
) -> ServingState:
    """The same with members and weights of their own for where items may come again."""
    again = _with(serving, members, curve)
    return replace(serving, repeat_ranker=replace(again.ranker, own_items=True))
