"""The guarantee: on the trials, the blend is at no history length worse than its best member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend.curve import WeightCurve
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.data import Float64Array, Int64Array

LEAST = 30
"""A bucket of fewer people says little: it joins the next one."""

MIXTURES = (0.25, 0.5, 0.75, 1.0)
"""How far weights are moved towards the best member, tried in this order."""

SLACK = 1e-9
"""Rounding is no loss."""


@dataclass(frozen=True)
class Bucket:
    """How the blend and its members rank for people with histories of some lengths.

    Attributes:
        shortest: the shortest history in it.
        longest: the longest.
        people: how many people were asked.
        blend: the blend's mean NDCG.
        alone: each member's own, by name; 0 for people to whom it is silent.
    """

    shortest: int
    longest: int
    people: int
    blend: float
    alone: dict[str, float]


@dataclass(frozen=True)
class _Group:
    """The people of one bucket, and how well each member alone ranks for them.

    Attributes:
        first, last: its first and last knot.
        trials: the people.
        alone: (n_members,) mean NDCG.
    """

    first: int
    last: int
    trials: tuple[ScoredCases, ...]
    alone: Float64Array

    def blend(self, curve: WeightCurve, k: int) -> float:
        """The mean NDCG of the blend."""
        figures = [trial.quality(curve.at(trial.lengths), curve.carry, k) for trial in self.trials]
        return float(np.concatenate(figures).mean())


def guaranteed(curve: WeightCurve, trials: Sequence[ScoredCases], k: int) -> WeightCurve:
    """The curve, moved towards single members wherever one of them alone ranks better.

    The buckets are gone through from the longest histories to the shortest, so that a bucket's
    people only depend on its own knots and on ones that are settled. Where interpolation towards
    those is what costs quality, a knot is added that ends it.

    Args:
        curve: the weights.
        trials: people whose next choices are known.
        k: the cutoff of NDCG.
    """
    for group in reversed(_groups(curve, curve.knots, trials, k)):
        best = int(np.argmax(group.alone))
        if group.blend(curve, k) >= group.alone[best] - SLACK:
            continue
        curve = _settled(curve, group, best, k)
    return curve


def _settled(curve: WeightCurve, group: _Group, best: int, k: int) -> WeightCurve:
    """The first mixture with the best member that is as good as it, or that member itself."""
    for share in MIXTURES:
        mixed = _mixed(curve, group, best, share)
        if group.blend(mixed, k) >= group.alone[best] - SLACK:
            return mixed
    return _stepped(mixed, group.last)


def _mixed(curve: WeightCurve, group: _Group, best: int, share: float) -> WeightCurve:
    weights = curve.weights.copy()
    rows = slice(curve.knots.index(group.first), curve.knots.index(group.last) + 1)
    weights[rows] *= 1 - share
    weights[rows, best] += share
    return replace(curve, weights=weights)


def _stepped(curve: WeightCurve, knot: int) -> WeightCurve:
    """The curve with the weights of a knot kept up until just before the next one."""
    row = curve.knots.index(knot)
    if row + 1 == len(curve.knots) or curve.knots[row + 1] == knot + 1:
        return curve
    knots = [*curve.knots[: row + 1], curve.knots[row + 1] - 1, *curve.knots[row + 1 :]]
    weights = np.insert(curve.weights, row + 1, curve.weights[row], axis=0)
    return replace(curve, knots=tuple(knots), weights=weights)


def buckets(
    curve: WeightCurve, knots: Sequence[int], trials: Sequence[ScoredCases], k: int
) -> tuple[Bucket, ...]:
    """How the blend and each member alone rank, by length of history; a bucket begins at a knot."""
    rows = []
    for group in _groups(curve, knots, trials, k):
        lengths = np.concatenate([trial.lengths for trial in group.trials])
        alone = dict(zip(curve.members, group.alone.tolist(), strict=True))
        blend = group.blend(curve, k)
        rows.append(Bucket(int(lengths.min()), int(lengths.max()), len(lengths), blend, alone))
    return tuple(rows)


def _groups(
    curve: WeightCurve, knots: Sequence[int], trials: Sequence[ScoredCases], k: int
) -> list[_Group]:
    """The people by the knot at or before their length; knots with few people join the next."""
    own = [
        np.maximum(np.searchsorted(np.asarray(knots), trial.lengths, side="right") - 1, 0)
        for trial in trials
    ]
    groups = []
    for first, last in _spans(np.bincount(np.concatenate(own), minlength=len(knots))):
        rows = [np.flatnonzero((places >= first) & (places <= last)) for places in own]
        parts = [trial.select(part) for trial, part in zip(trials, rows, strict=True) if len(part)]
        figures = [trial.alone(k)[:, part] for trial, part in zip(trials, rows, strict=True)]
        alone = np.concatenate(figures, axis=1).mean(axis=1)
        groups.append(_Group(knots[first], knots[last], tuple(parts), alone))
    return groups


def _spans(counts: Int64Array) -> list[tuple[int, int]]:
    """Ranges (first, last) of knots with enough people each; together they hold every knot."""
    spans: list[tuple[int, int]] = []
    first, people = 0, 0
    for last, count in enumerate(counts.tolist()):
        people += count
        if people >= LEAST:
            spans.append((first, last))
            first, people = last + 1, 0
    if first == len(counts):
        return spans
    start = spans.pop()[0] if spans else 0
    return [*spans, (start, len(counts) - 1)] if counts.any() else []
