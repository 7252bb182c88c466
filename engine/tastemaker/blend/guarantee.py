"""The guarantee: on held-out cases the blend is at no history length worse than any member."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.blend.curve import WeightCurve
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.data import Float64Array, Int64Array

NDCG_CUTOFF = 10
"""What is guaranteed is NDCG at this."""

MIN_GROUP = 30
"""A group of fewer people tells little: it joins the next one. Chosen, not measured."""

MIXTURES = (0.25, 0.5, 0.75, 1.0)
"""How far weights are moved towards the best member, tried in this order. Chosen, not measured."""

SLACK = 1e-9
"""Rounding is no loss."""


@dataclass(frozen=True)
class LengthGroup:
    """The people with histories of some lengths, and how well each member alone ranks for them.

    Attributes:
        first, last: its first and last knot.
        scored: the people.
        member_ndcg: (n_members,) the mean NDCG of each member; 0 counts where it is uninformative.
    """

    first: int
    last: int
    scored: tuple[ScoredCases, ...]
    member_ndcg: Float64Array

    def blend_ndcg(self, curve: WeightCurve) -> float:
        """The mean NDCG of the blend."""
        figures = [cases.ndcg_by(curve, NDCG_CUTOFF) for cases in self.scored]
        return float(np.concatenate(figures).mean())

    def holds(self, curve: WeightCurve) -> bool:
        """Whether the blend ranks at least as well as the best member alone."""
        return self.blend_ndcg(curve) >= float(self.member_ndcg.max()) - SLACK


def apply_guarantee(curve: WeightCurve, scored: Sequence[ScoredCases]) -> WeightCurve:
    """The curve, moved towards single members wherever one of them alone ranks better.

    The groups are gone through from the longest histories to the shortest, so that a group's
    ranking only depends on its own knots and on ones that are final. Where interpolation towards
    those is what costs quality, a knot is added that ends it.

    Args:
        curve: the weights.
        scored: people whose next choices are known.
    """
    for group in length_groups(curve.knots, scored):
        if not group.holds(curve):
            curve = _move_towards_best(curve, group)
    return curve


def _move_towards_best(curve: WeightCurve, group: LengthGroup) -> WeightCurve:
    """The first mixture with the best member that is as good as it, or that member itself."""
    for share in MIXTURES:
        mixed = _mix(curve, group, share)
        if group.holds(mixed):
            return mixed
    return _hold_weights(mixed, group.last)


def _mix(curve: WeightCurve, group: LengthGroup, share: float) -> WeightCurve:
    weights = curve.weights.copy()
    rows = slice(curve.knots.index(group.first), curve.knots.index(group.last) + 1)
    weights[rows] *= 1 - share
    weights[rows, int(np.argmax(group.member_ndcg))] += share
    return replace(curve, weights=weights)


def _hold_weights(curve: WeightCurve, knot: int) -> WeightCurve:
    """The curve with the weights of a knot kept up until just before the next one."""
    row = curve.knots.index(knot)
    if row + 1 == len(curve.knots) or curve.knots[row + 1] == knot + 1:
        return curve
    knots = [*curve.knots[: row + 1], curve.knots[row + 1] - 1, *curve.knots[row + 1 :]]
    weights = np.insert(curve.weights, row + 1, curve.weights[row], axis=0)
    return replace(curve, knots=tuple(knots), weights=weights)


def length_groups(knots: Sequence[int], scored: Sequence[ScoredCases]) -> Iterator[LengthGroup]:
    """The people by the knot at or before their length, from the longest histories to the shortest.

    Knots with few people join the next. A group holds copies of its people's scores: one at a time
    is made.
    """
    own = [
        np.maximum(np.searchsorted(np.asarray(knots), cases.lengths, side="right") - 1, 0)
        for cases in scored
    ]
    counts = np.bincount(np.concatenate(own), minlength=len(knots))
    for first, last in reversed(_spans(counts)):
        rows = [np.flatnonzero((places >= first) & (places <= last)) for places in own]
        pairs = [(cases, part) for cases, part in zip(scored, rows, strict=True) if len(part)]
        figures = [cases.member_ndcg(NDCG_CUTOFF)[:, part] for cases, part in pairs]
        means = np.concatenate(figures, axis=1).mean(axis=1)
        parts = tuple(cases.select(part) for cases, part in pairs)
        yield LengthGroup(knots[first], knots[last], parts, means)


def _spans(counts: Int64Array) -> list[tuple[int, int]]:
    """Ranges (first, last) of knots with enough people each; together they hold every knot."""
    spans: list[tuple[int, int]] = []
    first, people = 0, 0
    for last, count in enumerate(counts.tolist()):
        people += count
        if people >= MIN_GROUP:
            spans.append((first, last))
            first, people = last + 1, 0
    if first == len(counts):
        return spans
    start = spans.pop()[0] if spans else 0
    return [*spans, (start, len(counts) - 1)] if counts.any() else []
