"""Building a release from data alone: fit, learn the blend, fit again. No database in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tastemaker.blend import Curve
from tastemaker.data import TrainingData
from tastemaker.errors import TrainingError
from tastemaker.evaluation.splits import rolling_cuts
from tastemaker.guard import Guarded, guarded_state
from tastemaker.recommender import Progress, State
from tastemaker.registry import Registry
from tastemaker.training.learning import Learnt, learn_blend
from tastemaker.training.members import Candidate, Fitted, fit
from tastemaker.training.report import MemberReport
from tastemaker.training.steps import Steps


@dataclass(frozen=True)
class Member:
    """A recommender that serves.

    Attributes:
        guarded: fitted on all the data, behind its guard.
        state: what it is stored as.
    """

    guarded: Guarded
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
    """

    curve: Curve
    members: tuple[Member, ...]
    reports: tuple[MemberReport, ...]
    basis: str
    notes: tuple[str, ...]


def build(
    registry: Registry,
    candidates: Sequence[Candidate],
    data: TrainingData,
    progress: Progress,
) -> Built:
    """Trains the candidates on the data and learns their blend.

    Args:
        registry: makes the recommenders.
        candidates: which, and their settings; see `choose`.
        data: all there is to learn from; its seed is where everything random starts from.
        progress: told how far it is.

    Raises:
        TrainingError: no recommender could be trained.
    """
    cuts = rolling_cuts(data.people, data.seed)
    steps = Steps(progress, len(candidates) * (len(cuts) + 1))
    learnt = learn_blend(registry, candidates, data, cuts, steps)
    final = [
        fit(registry, candidate, data, steps.of(candidate.name))
        for candidate in candidates
        if candidate.name in learnt.curve.members
    ]
    members, late_problems = _ready(final, data.n_items)
    problems = {**learnt.problems, **late_problems}
    serving = [member.guarded.name for member in members]
    if not serving:
        reasons = "; ".join(f"{name}: {why}" for name, why in problems.items()) or "none is enabled"
        raise TrainingError(
            f"No recommender could be trained ({reasons}). See `tastemaker plugins list`."
        )
    reports = _reports(candidates, final, serving, problems, learnt)
    curve = learnt.curve.only(serving)
    return Built(curve, tuple(members), reports, learnt.basis, learnt.notes)


def _ready(final: Sequence[Fitted], n_items: int) -> tuple[list[Member], dict[str, str]]:
    """Those that can be stored, and why others cannot."""
    members: list[Member] = []
    problems: dict[str, str] = {}
    for one in final:
        state, problem = guarded_state(one.recommender) if one.recommender else (None, one.problem)
        if state is None or one.recommender is None:
            problems[one.candidate.name] = problem
        else:
            members.append(Member(Guarded(one.recommender, n_items), state))
    return members, problems


def _reports(
    candidates: Sequence[Candidate],
    final: Sequence[Fitted],
    serving: Sequence[str],
    problems: Mapping[str, str],
    learnt: Learnt,
) -> tuple[MemberReport, ...]:
    seconds = {one.candidate.name: one.seconds for one in final}
    members = [
        MemberReport(
            candidate.name,
            candidate.plugin.family,
            candidate.plugin.origin,
            _state(candidate.name, serving, problems),
            problems.get(candidate.name, ""),
            round(seconds.get(candidate.name, 0.0), 3),
            learnt.measures.get(candidate.name),
        )
        for candidate in candidates
    ]
    return (*members, MemberReport("blend", measures=learnt.measures.get("blend")))


def _state(name: str, serving: Sequence[str], problems: Mapping[str, str]) -> str:
    if name in problems:
        return "failed"
    return "serving" if name in serving else "no weight"
