"""Weights of a blend in which only some members bring candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tastemaker.blend import ScoredCases, WeightCurve, apply_guarantee
from tastemaker.blend.member_subset import keep_scores
from tastemaker.recommender import Progress, no_progress
from tastemaker.training.weights import LearnedWeights, learn_weights


def learn_served_weights(
    names: Sequence[str],
    folds: Sequence[Sequence[ScoredCases]],
    retrievers: Sequence[str],
    progress: Progress = no_progress,
) -> LearnedWeights:
    """The weights where only some members bring candidates; see `learn_weights`.

    Args:
        names: the members.
        folds: the scored cases of each fold, the latest first, with the retrievers' candidates.
        retrievers: the names of those that bring candidates; all where empty.
        progress: what to report to.
    """
    learned = learn_weights(names, folds, progress)
    if not retrievers:
        return learned
    everything = [one for fold in folds for one in fold]
    older = [one for fold in folds[1:] for one in fold] or everything
    return replace(
        learned,
        curve=_retrieving(learned.curve, names, everything, retrievers),
        measured=_retrieving(learned.measured, names, older, retrievers),
    )


def _retrieving(
    curve: WeightCurve,
    names: Sequence[str],
    cases: Sequence[ScoredCases],
    retrievers: Sequence[str],
) -> WeightCurve:
    """The curve with these retrievers, members all of them, if without weight.

    Where members without weight were left out, so were the candidates that they alone brought; here
    they are candidates again, so the guarantee is applied again.
    """
    members = curve
    for name in retrievers:
        members = members if name in members.members else members.with_member(name)
    retrieving = replace(members, retrievers=tuple(retrievers))
    rows = [names.index(name) for name in retrieving.members]
    return apply_guarantee(retrieving, [keep_scores(one, rows) for one in cases])
