"""Building a release from data alone: fit, learn the blend, fit again. No database in sight."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tastemaker.blend import WeightCurve
from tastemaker.data import TrainingData
from tastemaker.errors import TrainingError
from tastemaker.holdout.methods import make_folds
from tastemaker.plugin.guard import GuardedRecommender, guarded_state
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress, State
from tastemaker.training.data_quality import Announce, Finding, examine, ignore_findings
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import Candidate, FitResult, fit, too_large
from tastemaker.training.learning import LearnedBlend, TrainingContext, learn_blend
from tastemaker.training.limits import DEFAULT, Limits
from tastemaker.training.report import MemberReport
from tastemaker.training.steps import Steps
from tastemaker.training.threads import threads_limited


@dataclass(frozen=True)
class Member:
    """A recommender that serves.

    Attributes:
        guarded: fitted on all the data, behind its guard.
        state: what it is stored as.
    """

    guarded: GuardedRecommender
    state: State


@dataclass(frozen=True)
class Built:
    """What was made of the data: everything that serves, and everything that can be told of it.

    Attributes:
        curve: the weights of those that serve.
        members: those that serve, fitted on all the data, in the order of the curve.
        reports: every candidate and, last, the blend: state, time, measures, problems.
        basis: in words, what the measures were taken on; empty where nothing could be held out.
        notes: what a person should know.
        findings: what is odd about the data.
    """

    curve: WeightCurve
    members: tuple[Member, ...]
    reports: tuple[MemberReport, ...]
    basis: str
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def build(
    registry: Registry,
    candidates: Sequence[Candidate],
    data: TrainingData,
    progress: Progress,
    limits: Limits = DEFAULT,
    hold_out: str | None = None,
    announce: Announce = ignore_findings,
) -> Built:
    """Trains the candidates on the data and learns their blend.

    Args:
        registry: makes the recommenders.
        candidates: which, and their settings; see `choose`.
        data: all there is to learn from; its seed is where everything random starts from.
        progress: told how far it is.
        limits: what it may take; who asks for more than that is declined.
        hold_out: what the blend learns to foretell; see `make_folds`.
        announce: told what is odd about the data, before anything is trained.

    Raises:
        TrainingError: no recommender could be trained.
    """
    examined = examine(data, time.time())
    announce(examined.findings)
    with threads_limited():
        built = _built(registry, candidates, examined.data, progress, limits, hold_out)
    return replace(built, findings=examined.findings)


def _built(
    registry: Registry,
    candidates: Sequence[Candidate],
    data: TrainingData,
    progress: Progress,
    limits: Limits,
    hold_out: str | None,
) -> Built:
    deadline = Deadline(limits.seconds)
    refused = [too_large(registry, candidate, data, limits.memory) for candidate in candidates]
    chosen = [candidate for candidate, no in zip(candidates, refused, strict=True) if no is None]
    cuts = make_folds(data.people, hold_out, data.seed)
    steps = Steps(progress, len(chosen) * (len(cuts) + 1))
    learnt = learn_blend(TrainingContext(registry, data, cuts, deadline, steps), chosen)
    serving = [one for one in chosen if one.name in learnt.curve.members]
    steps.expect(len(serving))
    final = [fit(registry, candidate, data, steps.of(candidate.name)) for candidate in serving]
    steps.say("checking the models")
    members, late = _ready(final, data.n_items)
    missing = [*(one for one in refused if one), *learnt.missing, *late]
    if not members:
        raise TrainingError(_nobody(missing))
    names = [member.guarded.name for member in members]
    return Built(
        learnt.curve.only(names),
        tuple(members),
        _reports(candidates, final, missing, learnt),
        learnt.basis,
        learnt.notes,
    )


def _ready(final: Sequence[FitResult], n_items: int) -> tuple[list[Member], list[FitResult]]:
    """Those that can be stored, and those that cannot."""
    members: list[Member] = []
    missing: list[FitResult] = []
    for one in final:
        state, problem = guarded_state(one.recommender) if one.recommender else (None, one.problem)
        if state is None or one.recommender is None:
            missing.append(replace(one, recommender=None, problem=problem))
        else:
            members.append(Member(GuardedRecommender(one.recommender, n_items), state))
    return members, missing


def _nobody(missing: Sequence[FitResult]) -> str:
    reasons = "; ".join(f"{one.candidate.name}: {one.problem}" for one in missing)
    return (
        f"No recommender could be trained ({reasons or 'none is enabled'}). See "
        "`tastemaker plugins list`."
    )


def _reports(
    candidates: Sequence[Candidate],
    final: Sequence[FitResult],
    missing: Sequence[FitResult],
    learnt: LearnedBlend,
) -> tuple[MemberReport, ...]:
    seconds = {one.candidate.name: one.seconds for one in final}
    lost = {one.candidate.name: one for one in missing}
    reports: list[MemberReport] = []
    for candidate in candidates:
        name, plugin = candidate.name, candidate.plugin
        state = "serving" if name in seconds else "no weight"
        if name in lost:
            state = "declined" if lost[name].declined else "failed"
        reports.append(
            MemberReport(
                name,
                plugin.family,
                plugin.origin,
                state,
                lost[name].problem if name in lost else "",
                round(seconds.get(name, 0.0), 3),
                learnt.measures.get(name),
            )
        )
    return (*reports, MemberReport("blend", measures=learnt.measures.get("blend")))
