"""What an exam is put to: the blend as it would be served, and each of its members alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend import WeightCurve, uniform_weights
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.plugin.guard import GuardedRecommender, guarded_state
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress, State
from tastemaker.serving.loading import LoadedRelease, restore_member
from tastemaker.serving.state import ServingState, assemble_state
from tastemaker.store import items
from tastemaker.store.kinds import Kind
from tastemaker.training.building import Built, build
from tastemaker.training.fitting import Candidate, fit
from tastemaker.training.report import MemberReport


@dataclass(frozen=True)
class Store:
    """What the store says about items and kinds at this moment.

    Attributes:
        items: every item, and whether it is available.
        kinds: the kinds of interaction.
        exploration: the share of places that goes to new items.
    """

    items: items.StoredItems
    kinds: Sequence[Kind]
    exploration: float = 0.0


@dataclass(frozen=True)
class Served:
    """Everything that answers.

    Attributes:
        blend: the release that training would have made, over the whole catalogue.
        alone: by name, every recommender that could be trained as if it were the only one;
            those that the blend gives no weight too.
        curve: the blend's weights.
        members: every candidate: its state, its problem, the seconds that its last fit took.
        notes: what the training run had to say.
        seconds: how long the training run took.
    """

    blend: ServingState
    alone: Mapping[str, ServingState]
    curve: WeightCurve
    members: tuple[MemberReport, ...]
    notes: tuple[str, ...]
    seconds: float


def train(
    registry: Registry,
    candidates: Sequence[Candidate],
    exam: EvaluationSplit,
    store: Store,
    progress: Progress,
) -> Served:
    """Trains on what an exam lets be known, in memory, and sets up what would serve.

    Members pass through their stored form, and take in the items that come after training, as
    those of a release do.

    Raises:
        TrainingError: no recommender could be trained.
    """
    start = time.monotonic()
    built = build(registry, candidates, exam.data, progress, hold_out=exam.hold_out)
    seconds = time.monotonic() - start
    states = {member.guarded.name: member.state for member in built.members}
    reports = list(built.reports)
    for place, report in enumerate(reports):
        if report.state == "no weight":
            reports[place], state = _left_out(registry, candidates, report, exam, progress)
            states |= {} if state is None else {report.name: state}
    members, problems = _restored(registry, states, exam.data.n_items)
    loaded = _loaded(exam, built, store, members, problems)
    everything = assemble_state(loaded, store.items, store.kinds, store.exploration)
    by_name = {member.name: member for member in everything.ranker.members}
    serving = [by_name[name] for name in built.curve.members if name in by_name]
    return Served(
        _with(everything, serving, built.curve.only([member.name for member in serving])),
        {
            report.name: _with(everything, [by_name[report.name]], uniform_weights([report.name]))
            for report in reports
            if report.name in by_name
        },
        built.curve,
        tuple(report for report in reports if report.name != "blend"),
        built.notes,
        seconds,
    )


def _left_out(
    registry: Registry,
    candidates: Sequence[Candidate],
    report: MemberReport,
    exam: EvaluationSplit,
    progress: Progress,
) -> tuple[MemberReport, State | None]:
    """A candidate without weight, fitted all the same: it may be better than the blend."""
    candidate = next(one for one in candidates if one.name == report.name)
    progress(1, 1, f"fitting {report.name}")
    fitted = fit(registry, candidate, exam.data, progress)
    problem, state = fitted.problem, None
    if fitted.recommender is not None:
        state, problem = guarded_state(fitted.recommender)
    return replace(report, seconds=round(fitted.seconds, 3), problem=problem), state


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
    exam: EvaluationSplit,
    built: Built,
    store: Store,
    members: tuple[GuardedRecommender, ...],
    problems: tuple[str, ...],
) -> LoadedRelease:
    n_known = exam.data.n_items
    counts = np.bincount(exam.data.people.histories.items, minlength=n_known)
    keys = store.items.keys[exam.order[:n_known]]
    return LoadedRelease(None, keys, counts.astype(np.float32), built.curve, members, problems)


def _with(
    serving: ServingState, members: Sequence[GuardedRecommender], curve: WeightCurve
) -> ServingState:
    """The same with other members."""
    ranker = replace(serving.ranker, members=tuple(members), curve=curve)
    uses_features = any(member.recommender.uses_features for member in members)
    return replace(serving, ranker=ranker, uses_features=uses_features)
