"""Choosing who retrieves: few members whose candidates are as good as those of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend.candidates import DEPTH
from tastemaker.blend.guarantee import NDCG_CUTOFF
from tastemaker.blend.member_subset import find_brought, take_places
from tastemaker.blend.ragged import pad_width
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.blend.unseen_cases import UnseenCases, relative
from tastemaker.data import BoolArray, Float64Array, Int64Array
from tastemaker.data.top_k import top_k_places
from tastemaker.metrics.accuracy import ndcg

RETRIEVAL_LOSS = 0.005
"""The share of the blend's NDCG that fewer candidates may cost. Chosen, not measured; the weights
are learnt again on the fewer candidates, which makes up for some of it."""

OVERLAP = 0.98
"""The share of its first items that the blend must keep. NDCG alone is not enough to go by: on 145
people two members that recommend the same to everybody lost none of it, and 8 % of the items. The
weights that serve come from more folds than these: of twenty releases of one data set, those that
kept .96 to .98 here had .89 to 1.00 of their lists in common with a scan, those that kept more had
.98 to 1.00."""

FIRST = NDCG_CUTOFF
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


@dataclass(frozen=True)
class _Ranked:
    """What a blend makes of some cases.

    Attributes:
        items: (n, FIRST) int64 the items that it puts first, best first; -1 where there is none.
        places: (n, FIRST) int64 where they stand among the candidates.
        ndcg: (n,) the NDCG; people to whom no member tells any candidates apart count as misses.
    """

    items: Int64Array
    places: Int64Array
    ndcg: Float64Array


class _Judge:
    """Judges sets of retrievers by what the blend makes of the candidates that they bring."""

    def __init__(self, unseen: Sequence[UnseenCases], depth: int) -> None:
        self._unseen = unseen
        self._brought = [[find_brought(one, depth) for one in group.cases] for group in unseen]
        self._ranked = [[_rank(group, one) for one in group.cases] for group in unseen]
        self._quality = _means_of_parts([[one.ndcg for one in own] for own in self._ranked])
        pairs = zip(self._brought, self._ranked, strict=True)
        self._first_brought = [list(map(_first_brought, *pair)) for pair in pairs]
        self._bringing = [[_any_candidate(one) for one in own] for own in self._brought]

    def outlook(self, rows: Sequence[int]) -> _Worth:
        """What the set can be worth at most: quickly found, as nothing is ranked again.

        The share of the first items that some of these members bring stands for those that stay.
        """
        shares = _means_of_parts(
            [[_share_of_any(*one, rows) for one in own] for own in self._first_brought]
        )
        return _Worth(self._uncovered(rows), np.ones(len(shares)), shares)

    def __call__(self, rows: Sequence[int]) -> _Worth:
        quality, overlap = list[list[Float64Array]](), list[list[Float64Array]]()
        for group, brought, ranked in zip(self._unseen, self._brought, self._ranked, strict=True):
            pairs = zip(group.cases, brought, strict=True)
            found = [_rank(group, _keep_marked(one, _brought_by(own, rows))) for one, own in pairs]
            quality.append([one.ndcg for one in found])
            both = zip(found, ranked, strict=True)
            overlap.append([_overlap(one.items, own.items) for one, own in both])
        shares = relative(_means_of_parts(quality), self._quality)
        return _Worth(self._uncovered(rows), shares, _means_of_parts(overlap))

    def mean_candidates(self, rows: Sequence[int]) -> float:
        """How many candidates these members bring a person."""
        counts = [
            np.count_nonzero(_brought_by(own, rows), axis=1)
            for brought in self._brought
            for own in brought
        ]
        return float(np.concatenate(counts).mean())

    def _uncovered(self, rows: Sequence[int]) -> int:
        """For how many people only other members bring anything."""
        bringing = [one for own in self._bringing for one in own]
        alone = [_any(one) & ~_any(one[list(rows)]) for one in bringing]
        return sum(map(np.count_nonzero, alone))


def choose_retrievers(
    unseen: Sequence[UnseenCases], costs: Sequence[float], depth: int = DEPTH
) -> Retrieval:
    """The fewest and cheapest members on whose candidates the blend ranks nearly as well as on all.

    Only as expensive ones are considered, by orders of magnitude, as are needed at all. Greedily
    the member is added that brings most of the blend's first items, or a cheaper one that is nearly
    as good, until no part of the cases loses more than `RETRIEVAL_LOSS` of its NDCG or
    more than `OVERLAP` leaves of its items, and everybody has candidates for whom any member brings
    some. Then those go again that are not needed, the most expensive first.

    Args:
        unseen: with all members' candidates.
        costs: what retrieving with each member costs, in any unit.
        depth: how many of its best items each member brings.
    """
    judge, everyone = _Judge(unseen, depth), range(len(costs))
    allowed = _cheap_enough(judge, costs)
    chosen, enough = list[int](), False
    while not enough and len(chosen) < len(allowed):
        tried = {row: judge.outlook([*chosen, row]) for row in allowed if row not in chosen}
        row = _first_that_suffices(judge, chosen, tried, costs)
        enough = row is not None
        before = judge.outlook(chosen).kept if chosen else 0.0
        chosen = [*chosen, _cheap_and_good(tried, before, costs) if row is None else row]
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


def _first_that_suffices(
    judge: _Judge, chosen: list[int], tried: dict[int, _Worth], costs: Sequence[float]
) -> int | None:
    """The cheapest member that suffices beside those chosen, if any does.

    Few are judged in full: where the one of the best outlook does not suffice, no other one will.

    Args:
        judge: judges sets of members.
        chosen: those chosen already.
        tried: the outlook of adding each of the others.
        costs: what retrieving with each costs.
    """
    hopeful = [row for row, worth in tried.items() if worth.enough]
    best = max(hopeful, key=lambda row: tried[row].kept, default=None)
    if best is None or not judge([*chosen, best]).enough:
        return None
    order = sorted(hopeful, key=lambda row: (costs[row], -tried[row].kept))
    return next(row for row in order if row == best or judge([*chosen, row]).enough)


def _cheap_and_good(tried: dict[int, _Worth], before: float, costs: Sequence[float]) -> int:
    """The cheapest of those that gain nearly the most.

    Whoever leaves the fewest people without candidates comes first.

    Args:
        tried: the outlook of adding each member.
        before: the share of the first items that is brought so far.
        costs: what retrieving with each costs.
    """
    fewest = min(worth.uncovered for worth in tried.values())
    fair = {row: one.kept - before for row, one in tried.items() if one.uncovered == fewest}
    near = [row for row, gain in fair.items() if gain >= NEARLY * max(fair.values())]
    return min(near, key=lambda row: (costs[row], -tried[row].kept))


def _rank(group: UnseenCases, cases: ScoredCases) -> _Ranked:
    """What the blend of the group makes of the cases."""
    totals = cases.totals(group.curve.at(cases.lengths), group.curve.carry)
    places = top_k_places(totals, FIRST)
    people = np.arange(len(cases))[:, np.newaxis]
    there = cases.candidates.valid[people, places]
    items = np.where(there, cases.candidates.items[people, places], -1)
    informative = cases.calibrated.informative.any(axis=0)
    figures = ndcg(cases.relevant[people, places], cases.n_relevant, FIRST) * informative
    return _Ranked(pad_width(items, FIRST, -1), pad_width(places, FIRST), figures)


def _means_of_parts(groups: Sequence[Sequence[Float64Array]]) -> Float64Array:
    """The mean over people with whole histories, and that over those with truncated ones.

    Args:
        groups: for each group of people, figures (n,) of those with whole histories, then others.
    """
    whole = [own for figures in groups for own in figures[:1]]
    truncated = [own for figures in groups for own in figures[1:]]
    parts = [part for part in (whole, truncated) if any(map(len, part))]
    return np.array([np.concatenate(part).mean() for part in parts])


def _first_brought(brought: BoolArray, ranked: _Ranked) -> tuple[BoolArray, BoolArray]:
    """(n_members, n, FIRST) which of the first items each member brings; (n, FIRST) which are."""
    there = ranked.items >= 0
    return np.take_along_axis(brought, ranked.places[np.newaxis], axis=2) & there, there


def _share_of_any(brought: BoolArray, there: BoolArray, rows: Sequence[int]) -> Float64Array:
    """(n,) the share of the first items that some of the members bring; 1 of none."""
    counts = np.count_nonzero(there, axis=1)
    found = np.count_nonzero(brought[list(rows)].any(axis=0), axis=1)
    return np.where(counts > 0, found / np.maximum(counts, 1), 1.0)


def _overlap(items: Int64Array, reference: Int64Array) -> Float64Array:
    """(n,) the share of the reference items (n, FIRST) that are among others; 1 of none."""
    wanted = reference >= 0
    found = (reference[:, :, np.newaxis] == items[:, np.newaxis]).any(axis=2) & wanted
    counts = np.count_nonzero(wanted, axis=1)
    return np.where(counts > 0, np.count_nonzero(found, axis=1) / np.maximum(counts, 1), 1.0)


def _brought_by(brought: BoolArray, rows: Sequence[int]) -> BoolArray:
    """(n, width) bool: what some of the members bring."""
    return _any(brought[list(rows)])


def _any_candidate(brought: BoolArray) -> BoolArray:
    """(n_members, n) bool: whether each member brings a person anything."""
    bringing: BoolArray = np.logical_or.reduce(brought, axis=2)
    return bringing


def _any(of_members: BoolArray) -> BoolArray:
    """Whether it is so for any member, the first axis."""
    union: BoolArray = np.logical_or.reduce(of_members, axis=0)
    return union


def _keep_marked(cases: ScoredCases, kept: BoolArray) -> ScoredCases:
    """The cases with the marked candidates (n, width) alone."""
    counts = np.count_nonzero(kept, axis=1)
    valid = np.arange(counts.max(initial=0)) < counts[:, np.newaxis]
    places = np.zeros(valid.shape, dtype=np.int64)
    places[valid] = np.nonzero(kept)[1]
    return take_places(cases, places, valid)
