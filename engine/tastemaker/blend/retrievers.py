"""Choosing who retrieves: few members whose candidates are as good as those of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend.candidates import DEPTH
from tastemaker.blend.member_subset import find_brought, take_places
from tastemaker.blend.ragged import pad_width
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.blend.unseen_cases import UnseenCases, mean_ndcg, relative
from tastemaker.data import BoolArray, Float64Array, Int64Array
from tastemaker.data.top_k import top_k_places

RETRIEVAL_LOSS = 0.005
"""The share of the blend's NDCG that fewer candidates may cost. Chosen, not measured; the weights
are learnt again on the fewer candidates, which makes up for some of it."""

OVERLAP = 0.93
"""The share of its first items that the blend must keep. NDCG alone is not enough to go by: on 145
people two members that recommend the same to everybody lost none of it, and 8 % of the items."""

FIRST = 10
"""How many items of a list are compared."""

NEARLY = 0.8
"""A cheaper member is taken before a better one if it gains at least this share of what that gains.
Chosen, not measured."""


@dataclass(frozen=True)
class Retrieval:
    """Who brings candidates, and what comes of that.

    Attributes:
        rows: the places of the retrievers among the members, ascending.
        quality: the blend's NDCG on their candidates as a share of that on all members'.
        overlap: the share of the blend's first items on all members' candidates that stay.
        candidates: how many candidates a person has on average.
        all_candidates: how many all members together bring.
    """

    rows: tuple[int, ...]
    quality: float
    overlap: float
    candidates: float
    all_candidates: float


@dataclass(frozen=True)
class _Worth:
    """What a set of retrievers is worth.

    Attributes:
        uncovered: for how many people only other members bring anything.
        quality: (n_parts,) NDCG as a share of that on all members' candidates.
        overlap: (n_parts,) the share of the first items that stay.
    """

    uncovered: int
    quality: Float64Array
    overlap: Float64Array

    @property
    def kept(self) -> float:
        """The mean share of the first items that stay: it steers the choice, as the steadiest."""
        return float(self.overlap.mean())

    @property
    def enough(self) -> bool:
        """Whether everybody has candidates, and next to nothing is lost on any part."""
        good = (self.quality >= 1 - RETRIEVAL_LOSS).all() and (self.overlap >= OVERLAP).all()
        return not self.uncovered and bool(good)


class _Judge:
    """Judges sets of retrievers by what the blend makes of the candidates that they bring."""

    def __init__(self, unseen: Sequence[UnseenCases], depth: int) -> None:
        self._unseen = unseen
        self._brought = [[find_brought(one, depth) for one in group.cases] for group in unseen]
        self._quality = mean_ndcg(unseen)
        self._first = [[_first_items(group, one) for one in group.cases] for group in unseen]

    def __call__(self, rows: Sequence[int]) -> _Worth:
        unseen, uncovered, overlaps = list[UnseenCases](), 0, list[float]()
        for group, brought, first in zip(self._unseen, self._brought, self._first, strict=True):
            kept = [_brought_by(own, rows) for own in brought]
            uncovered += sum(map(_uncovered, brought, kept))
            pairs = zip(group.cases, kept, strict=True)
            fewer = UnseenCases(group.curve, tuple(_keep_marked(*pair) for pair in pairs))
            unseen.append(fewer)
            shares = [
                _overlap(_first_items(fewer, one), own)
                for one, own in zip(fewer.cases, first, strict=True)
            ]
            parts = (shares[:1], shares[1:])
            overlaps += [float(np.concatenate(own).mean()) for own in parts if any(map(len, own))]
        return _Worth(uncovered, relative(mean_ndcg(unseen), self._quality), np.array(overlaps))

    def mean_candidates(self, rows: Sequence[int]) -> float:
        """How many candidates these members bring a person."""
        counts = [
            np.count_nonzero(_brought_by(own, rows), axis=1)
            for brought in self._brought
            for own in brought
        ]
        return float(np.concatenate(counts).mean())


def choose_retrievers(
    unseen: Sequence[UnseenCases], costs: Sequence[float], depth: int = DEPTH
) -> Retrieval:
    """The fewest and cheapest members on whose candidates the blend ranks nearly as well as on all.

    Only as expensive ones are considered, by orders of magnitude, as are needed at all. Greedily
    the member is added whose candidates keep most of the blend's first items, or a cheaper one that
    is nearly as good, until no part of the cases loses more than `RETRIEVAL_LOSS` of its NDCG or
    more than `OVERLAP` leaves of its items, and everybody has candidates for whom any member brings
    some. Then those go again that are not needed, the most expensive first.

    Args:
        unseen: with all members' candidates.
        costs: what retrieving with each member costs, in any unit.
        depth: how many of its best items each member brings.
    """
    judge, everyone = _Judge(unseen, depth), range(len(costs))
    allowed = _cheap_enough(judge, costs)
    chosen: list[int] = []
    worth: _Worth | None = None
    while (worth is None or not worth.enough) and len(chosen) < len(allowed):
        tried = {row: judge([*chosen, row]) for row in allowed if row not in chosen}
        row = _cheap_and_good(tried, worth.kept if worth else 0.0, costs)
        chosen, worth = [*chosen, row], tried[row]
    for row in sorted(chosen, key=lambda row: -costs[row]):
        fewer = [other for other in chosen if other != row]
        if fewer and judge(fewer).enough:
            chosen = fewer
    final = judge(chosen)
    counts = judge.mean_candidates(chosen), judge.mean_candidates(everyone)
    return Retrieval(tuple(sorted(chosen)), float(final.quality.mean()), final.kept, *counts)


def _cheap_enough(judge: _Judge, costs: Sequence[float]) -> list[int]:
    """The members up to the least order of magnitude of costs at which all of them suffice."""
    orders = np.floor(np.log10(np.maximum(costs, 1e-9)))
    for order in np.unique(orders)[:-1]:
        rows = [row for row in range(len(costs)) if orders[row] <= order]
        if judge(rows).enough:
            return rows
    return list(range(len(costs)))


def _cheap_and_good(tried: dict[int, _Worth], before: float, costs: Sequence[float]) -> int:
    """The cheapest of those that suffice; where none does, of those that gain nearly the most.

    Whoever leaves the fewest people without candidates comes first.

    Args:
        tried: what adding each member would lead to.
        before: the share of the first items that is kept so far.
        costs: what retrieving with each costs.
    """
    near = [row for row, worth in tried.items() if worth.enough]
    if not near:
        fewest = min(worth.uncovered for worth in tried.values())
        fair = {row: one.kept - before for row, one in tried.items() if one.uncovered == fewest}
        near = [row for row, gain in fair.items() if gain >= NEARLY * max(fair.values())]
    return min(near, key=lambda row: (costs[row], -tried[row].kept))


def _first_items(group: UnseenCases, cases: ScoredCases) -> Int64Array:
    """(n, FIRST) int64 the items that the blend puts first, best first; -1 where there is none."""
    totals = cases.totals(group.curve.at(cases.lengths), group.curve.carry)
    places = top_k_places(totals, FIRST)
    items = np.take_along_axis(cases.candidates.items, places, axis=1)
    there = np.take_along_axis(cases.candidates.valid, places, axis=1)
    return pad_width(np.where(there, items, -1), FIRST, -1)


def _overlap(items: Int64Array, reference: Int64Array) -> Float64Array:
    """(n,) the share of the reference items (n, FIRST) that are among others; 1 of none."""
    wanted = reference >= 0
    found = (reference[:, :, np.newaxis] == items[:, np.newaxis]).any(axis=2) & wanted
    counts = np.count_nonzero(wanted, axis=1)
    return np.where(counts > 0, np.count_nonzero(found, axis=1) / np.maximum(counts, 1), 1.0)


def _brought_by(brought: BoolArray, rows: Sequence[int]) -> BoolArray:
    """(n, width) bool: what some of the members bring."""
    union: BoolArray = np.logical_or.reduce(brought[list(rows)], axis=0)
    return union


def _uncovered(brought: BoolArray, kept: BoolArray) -> int:
    """For how many people only other members bring anything."""
    return int(np.count_nonzero(brought.any(axis=(0, 2)) & ~kept.any(axis=1)))


def _keep_marked(cases: ScoredCases, kept: BoolArray) -> ScoredCases:
    """The cases with the marked candidates (n, width) alone."""
    counts = np.count_nonzero(kept, axis=1)
    valid = np.arange(counts.max(initial=0)) < counts[:, np.newaxis]
    places = np.zeros(valid.shape, dtype=np.int64)
    places[valid] = np.nonzero(kept)[1]
    return take_places(cases, places, valid)
