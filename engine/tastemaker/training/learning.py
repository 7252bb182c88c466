"""Learning the blend on several cuts of time, and measuring it on the latest of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tastemaker.blend import Curve, Lesson, Trial, even, learn
from tastemaker.data import Float32Array, Float64Array, People, TrainingData
from tastemaker.evaluation.measure import measures
from tastemaker.evaluation.questions import questions, trial
from tastemaker.evaluation.splits import Split
from tastemaker.guard import Guarded
from tastemaker.registry import Registry
from tastemaker.training.members import Candidate, Fitted, fit
from tastemaker.training.steps import Steps

CUTOFFS = (10, 20)
LEAST_WEIGHT = 0.01
"""A member whose weight is nowhere above this is left out: its cost is not worth its say."""


@dataclass(frozen=True)
class Cut:
    """One cut of time: what was fitted before it, and the trials on what came after.

    Attributes:
        split: what was known, and what was asked.
        members: the names of those who were fitted and could score.
        trials: the first one with whole histories, then those cut short.
        problems: by name, why others could not.
    """

    split: Split
    members: tuple[str, ...]
    trials: tuple[Trial, ...]
    problems: Mapping[str, str]


@dataclass(frozen=True)
class Learnt:
    """A learnt curve, and how it measured.

    Attributes:
        curve: over the members worth their cost.
        measures: for each member, and for "blend", held-out measures such as {"ndcg@10": 0.1}.
        basis: in words, what was held out.
        problems: by name, why a recommender failed.
        notes: what a person should know.
    """

    curve: Curve
    measures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    basis: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def learn_blend(
    registry: Registry,
    candidates: Sequence[Candidate],
    data: TrainingData,
    cuts: Sequence[Split],
    steps: Steps,
) -> Learnt:
    """The weight curve of the candidates that could be fitted at every cut.

    It is learnt twice: without the latest cut, to measure on that one honestly; then on all of
    them, to serve.
    """
    answered = [_cut(registry, candidates, data, cut, steps) for cut in cuts]
    problems = {name: why for cut in answered for name, why in cut.problems.items()}
    names = [candidate.name for candidate in candidates if candidate.name not in problems]
    trials = [[_of(one, cut.members, names) for one in cut.trials] for cut in answered]
    steps.say("learning the blend")
    if not names or not any(len(one) for of_cut in trials for one in of_cut):
        note = "Too little data to hold any out: every recommender has the same weight."
        return Learnt(even(names or [""]), problems=problems, notes=(note,))
    latest, earlier = trials[0], [one for of_cut in trials[1:] for one in of_cut]
    measured = learn(names, earlier, seed=data.seed) if earlier else None
    served = learn(names, [*latest, *earlier], seed=data.seed)
    curve = worthwhile(served)
    return Learnt(
        curve,
        _measures(names, latest[0], measured or served) if latest else {},
        answered[0].split.basis if latest else "",
        problems,
        () if measured else ("Measured on what the blend was learnt from: only one cut of time.",),
    )


def _cut(
    registry: Registry,
    candidates: Sequence[Candidate],
    data: TrainingData,
    split: Split,
    steps: Steps,
) -> Cut:
    """Fits every candidate on what was known at the cut, and asks them about what came after."""
    known = replace(data, people=data.people.take(split.known))
    members: list[Guarded] = []
    problems: dict[str, str] = {}
    for candidate in candidates:
        fitted: Fitted = fit(registry, candidate, known, steps.of(candidate.name))
        if fitted.recommender is None:
            problems[candidate.name] = fitted.problem
        else:
            members.append(Guarded(fitted.recommender, data.n_items))

    def score(people: People) -> list[Float32Array]:
        return [_scores(member, people, problems) for member in members]

    asked = [trial(one, score) for one in questions(data.people, split, data.seed)]
    names = tuple(member.name for member in members)
    return Cut(split, names, tuple(one for one in asked if one is not None), problems)


def _scores(member: Guarded, people: People, problems: dict[str, str]) -> Float32Array:
    """The member's scores; it abstains where it fails, and the failure is noted."""
    scores, problem = member.score(people)
    if problem:
        problems.setdefault(member.name, problem)
    if scores is None:
        return np.full((len(people), people.n_items), np.nan, dtype=np.float32)
    return scores


def _of(one: Trial, members: Sequence[str], names: Sequence[str]) -> Trial:
    """The trial with only the named members, in that order."""
    rows = [members.index(name) for name in names]
    return replace(one, slate=replace(one.slate, values=one.slate.values[rows]))


def worthwhile(lesson: Lesson) -> Curve:
    """The curve without the members that have next to no weight at any length of history."""
    curve = lesson.curve
    worth = curve.weights.max(axis=0) > LEAST_WEIGHT
    return curve.only([name for name, keep in zip(curve.members, worth, strict=True) if keep])


def _measures(names: Sequence[str], latest: Trial, lesson: Lesson) -> dict[str, dict[str, float]]:
    """How each member alone and the blend do on the latest cut, histories whole."""
    alone = np.eye(len(names))
    weights = {name: np.tile(alone[row], (len(latest), 1)) for row, name in enumerate(names)}
    weights["blend"] = lesson.curve.at(latest.lengths)
    return {name: _figures(latest, own, lesson.curve.carry) for name, own in weights.items()}


def _figures(latest: Trial, weights: Float64Array, carry: float) -> dict[str, float]:
    totals = latest.totals(weights, carry)
    hits = latest.hits(totals, max(CUTOFFS))
    figures = measures(hits, latest.n_relevant, CUTOFFS)
    return {name: round(float(own.mean()), 4) for name, own in figures.items()}
