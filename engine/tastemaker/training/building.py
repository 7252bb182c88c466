"""Building a release from data alone: fit, learn the blend, fit again. No database in sight."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tastemaker.blend import WeightCurve, uniform_weights
from tastemaker.data import TrainingData
from tastemaker.errors import TrainingError
from tastemaker.holdout.methods import make_folds
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Progress
from tastemaker.store.releases import StoredModel
from tastemaker.training.adapting import adapt_settings
from tastemaker.training.budget import (
    beyond_budget,
    highest_weights,
    model_bytes,
    of_release,
    of_serving,
)
from tastemaker.training.context import TrainingContext
from tastemaker.training.data_quality import Announce, Finding, examine, ignore_findings
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import FitResult, too_large
from tastemaker.training.learning import LearnedBlend, learn_blend
from tastemaker.training.limits import DEFAULT, Limits, as_size
from tastemaker.training.profile import CHECKING, EXAMINING, Profile, Span
from tastemaker.training.repeat_report import RepeatReport
from tastemaker.training.repeats import RepeatBlend
from tastemaker.training.report import MemberReport, RetrievalReport
from tastemaker.training.step_function_report import StepFunctionReport
from tastemaker.training.steps import LEARNING_FITS, Steps
from tastemaker.training.storing import Storable, stored_models
from tastemaker.training.threads import threads_limited


@dataclass(frozen=True)
class UnsavedRelease:
    """What was trained, not stored yet: everything that serves, and a report of it.

    Attributes:
        curve: the weights of those that serve.
        models: their states, fitted on all the data: the members of this curve or that of repeats.
        members: every recommender that took part and, last, the blend: state, time, measures,
            problems.
        basis: in words, what the measures were taken on; empty where nothing could be held out.
        notes: what a person should know.
        findings: what is odd about the data.
        retrieval: who brings candidates, and what that costs; None where all members do.
        profile: where the time went.
        quick: whether only those took part that give most for their cost.
        repeats: what serves where items may come again; None where that needs nothing of its own.
        moved: how much of the weight moves without each fold; see `Release`.
        steps: whether step functions were let in; None where nothing was learnt.
    """

    curve: WeightCurve
    models: tuple[StoredModel, ...]
    members: tuple[MemberReport, ...]
    basis: str
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    retrieval: RetrievalReport | None = None
    profile: tuple[Span, ...] = ()
    quick: bool = False
    repeats: RepeatReport | None = None
    moved: tuple[float, ...] = ()
    steps: StepFunctionReport | None = None


def build(
    registry: Registry,
    participants: Sequence[Plugin],
    data: TrainingData,
    progress: Progress,
    limits: Limits = DEFAULT,
    hold_out: str | None = None,
    announce: Announce = ignore_findings,
) -> UnsavedRelease:
    """Trains recommenders on the data and learns their blend.

    Args:
        registry: makes the recommenders.
        participants: which, and their settings; see `choose`.
        data: all there is to learn from; its seed is where everything random starts from.
        progress: what to report to.
        limits: what it may take; a recommender that needs more than that is declined.
        hold_out: what the blend learns to predict; see `make_folds`.
        announce: called with what is odd about the data, before anything is trained.

    Raises:
        TrainingError: no recommender could be trained.
    """
    profile = Profile()
    with profile.measure(EXAMINING):
        examined = examine(data, time.time())
    announce(examined.findings)
    with threads_limited():
        unsaved = _built(registry, participants, examined.data, progress, limits, hold_out, profile)
    return replace(unsaved, findings=examined.findings, profile=tuple(profile.spans))


def _built(
    registry: Registry,
    participants: Sequence[Plugin],
    data: TrainingData,
    progress: Progress,
    limits: Limits,
    hold_out: str | None,
    profile: Profile,
) -> UnsavedRelease:
    deadline = Deadline(limits.seconds)
    refusals = [too_large(registry, plugin, data, limits.memory) for plugin in participants]
    chosen = [plugin for plugin, no in zip(participants, refusals, strict=True) if no is None]
    splits = make_folds(data.people, hold_out, data.seed)[: limits.folds]
    steps = Steps(progress, len(chosen) * (len(splits) + 1))
    context = TrainingContext(registry, data, splits, deadline, steps, profile)
    steps.expect_others(LEARNING_FITS if context.repeats else 0)
    adapted = adapt_settings(context, chosen, limits.memory)
    learned = learn_blend(context, adapted.plugins)
    serving = [plugin for plugin in adapted.plugins if plugin.name in learned.serving]
    steps.expect(len(serving))
    final = [context.fit_last(plugin, learned.latest.get(plugin.name)) for plugin in serving]
    steps.show("checking the models")
    with profile.measure(CHECKING):
        storable, unstorable = stored_models(final, data.people)
    storable, too_costly = _within(limits, storable, final, learned)
    models = [one.model for one in storable]
    missing = [*(one for one in refusals if one), *learned.missing, *unstorable, *too_costly]
    if not models:
        raise TrainingError(_nothing_trained(missing))
    return UnsavedRelease(
        _of_models(learned.curve, models),
        tuple(models),
        _reports(participants, final, missing, learned),
        learned.basis,
        (*adapted.notes, *learned.notes, *_memory_notes(limits.serving, storable)),
        retrieval=_retrieval(learned),
        repeats=_repeats(learned.repeats, models),
        moved=tuple(round(share, 4) for share in learned.moved),
        steps=learned.steps,
    )


def _of_models(curve: WeightCurve, models: Sequence[StoredModel]) -> WeightCurve:
    """The curve of those members of it that can be stored; of all models where none can."""
    kept = [model.name for model in models if model.name in curve.members]
    return curve.only(kept) if kept else uniform_weights([model.name for model in models])


def _repeats(learned: RepeatBlend | None, models: Sequence[StoredModel]) -> RepeatReport | None:
    if learned is None or not any(model.name in learned.curve.members for model in models):
        return None
    curve, share = _of_models(learned.curve, models), round(learned.share, 4)
    return RepeatReport(curve, share, learned.measures, learned.steps)


def _retrieval(learned: LearnedBlend) -> RetrievalReport | None:
    chosen = learned.retrieval
    if chosen is None:
        return None
    return RetrievalReport(
        learned.curve.retrievers,
        round(chosen.quality, 4),
        round(chosen.overlap, 4),
        round(chosen.candidates, 1),
        round(chosen.all_candidates, 1),
    )


def _within(
    limits: Limits,
    storable: list[Storable],
    final: Sequence[FitResult],
    learned: LearnedBlend,
) -> tuple[list[Storable], list[FitResult]]:
    """The models that the release has place for, and then a worker, and the fits of the others."""
    curves = [learned.curve, *([learned.repeats.curve] if learned.repeats else [])]
    weights = highest_weights(curves)
    out: dict[str, str] = {}
    if limits.release is not None:
        sizes = {one.model.name: model_bytes(one.model) for one in storable}
        out |= beyond_budget(sizes, weights, of_release(limits.release))
    if limits.serving is not None:
        held = {one.model.name: one.held for one in storable if one.model.name not in out}
        out |= beyond_budget(held, weights, of_serving(limits.serving))
    left_out = [
        replace(one, recommender=None, problem=out[one.name], declined=True)
        for one in final
        if one.name in out
    ]
    return [one for one in storable if one.model.name not in out], left_out


def _memory_notes(most: int | None, kept: Sequence[Storable]) -> list[str]:
    """What the members hold where there is a budget for it, also where they exceed it."""
    if most is None:
        return []
    held = sum(one.held for one in kept)
    note = f"The members hold {as_size(held)} in each worker that serves"
    if held > most:
        return [f"{note}, more than the {as_size(most)} allowed: one member always stays."]
    return [f"{note}; --serving-memory allows {as_size(most)}."]


def _nothing_trained(missing: Sequence[FitResult]) -> str:
    names: dict[str, list[str]] = {}
    for one in missing:
        names.setdefault(one.problem, []).append(one.name)
    reasons = "; ".join(f"{', '.join(own)}: {problem}" for problem, own in names.items())
    return (
        f"No recommender could be trained ({reasons or 'none is enabled'}). See "
        "`tastemaker plugins list`."
    )


def _reports(
    participants: Sequence[Plugin],
    final: Sequence[FitResult],
    missing: Sequence[FitResult],
    learned: LearnedBlend,
) -> tuple[MemberReport, ...]:
    seconds = {one.name: one.seconds for one in final}
    lost = {one.name: one for one in missing}
    left_out = {name: why for name, why in learned.left_out.items() if name not in seconds}
    reports: list[MemberReport] = []
    for plugin in participants:
        name, state = plugin.name, "serving" if plugin.name in seconds else "no weight"
        if name in lost:
            state = "declined" if lost[name].declined else "failed"
        reports.append(
            MemberReport(
                name,
                plugin.family,
                plugin.origin,
                state,
                lost[name].problem if name in lost else left_out.get(name, ""),
                round(seconds.get(name, 0.0), 3),
                learned.measures.get(name),
            )
        )
    return (*reports, MemberReport("blend", measures=learned.measures.get("blend")))
