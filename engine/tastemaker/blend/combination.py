"""Weighing and adding: every score is exactly the sum of the members' contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import Candidates, select_candidates
from tastemaker.blend.curve import WeightCurve
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, frozen

CELLS = 2**19
"""Scores looked at together: with what is made of them they fit the processor's cache."""


@dataclass(frozen=True)
class Blended:
    """Some items of each person, with their scores and what each member contributed.

    Attributes:
        items: (n, width) int64 item indexes.
        valid: (n, width) which places hold an item.
        totals: (n, width) float32 the sum of the contributions; -inf where not valid.
        contributions: (n_members, n, width) float32; 0 where a member abstained.
    """

    items: Int64Array
    valid: BoolArray
    totals: Float32Array
    contributions: Float32Array

    def __post_init__(self) -> None:
        for array in (self.items, self.valid, self.totals, self.contributions):
            frozen(array)

    def best(self, k: int) -> Blended:
        """The `k` items of each person with the highest totals, best first.

        Among equal totals the lower item index comes first.
        """
        order = highest(self.totals, k)
        rows = np.arange(len(order))[:, None]
        parts = (self.items[rows, order], self.valid[rows, order], self.totals[rows, order])
        return Blended(*parts, self.contributions[:, rows, order])

    def widened(self, width: int) -> Blended:
        """The same with at least so many places; those at the end hold nothing."""
        missing = width - self.items.shape[1]
        if missing <= 0:
            return self
        return Blended(
            _widened(self.items, missing, 0),
            _widened(self.valid, missing, False),
            _widened(self.totals, missing, -np.inf),
            _widened(self.contributions, missing, 0),
        )


def highest(totals: Float32Array, k: int) -> Int64Array:
    """(n, min(k, width)) the places of the highest totals, best first; the earlier wins a tie."""
    n, width = totals.shape
    if k >= width:
        return np.argsort(-totals, axis=1, kind="stable")
    places = (np.flatnonzero(foremost(totals, k)) % width).reshape(n, k)
    rows = np.arange(n)[:, None]
    order = np.argsort(-totals[rows, places], axis=1, kind="stable")
    ranked: Int64Array = places[rows, order]
    return ranked


def foremost(totals: Float32Array, k: int) -> BoolArray:
    """(n, width) which `k` totals of each row are the highest; the earlier wins a tie."""
    width = totals.shape[1]
    if k >= width:
        return np.ones(totals.shape, dtype=np.bool_)
    last = np.partition(totals, width - k, axis=1)[:, width - k, None]
    chosen: BoolArray = totals >= last
    tied = np.flatnonzero(np.count_nonzero(chosen, axis=1) > k)
    if len(tied):
        chosen[tied] = _first_of_ties(totals[tied], last[tied], k)
    return chosen


def _first_of_ties(totals: Float32Array, last: Float32Array, k: int) -> BoolArray:
    above, equal = totals > last, totals == last
    room = k - np.count_nonzero(above, axis=1)
    first: BoolArray = above | (equal & (np.cumsum(equal, axis=1) <= room[:, None]))
    return first


def blend(
    scores: Sequence[Float32Array],
    excluded: BoolArray,
    curve: WeightCurve,
    lengths: Int64Array,
    k: int,
    inserted: Int64Array | None = None,
) -> Blended:
    """The best `k` items of each person by all members together, best first.

    Args:
        scores: for each member of the curve, in its order, (n, n_items) float32; NaN = abstains.
        barred: (n, n_items) the items that must not be shown.
        curve: the weights.
        lengths: (n,) how long each person's history is.
        k: how many items.
        guests: (n, n_guests) more items, in places `k` and on, scored as if they were candidates
            without changing what the others score; -1 for none.
    """
    if inserted is None:
        inserted = np.zeros((len(excluded), 0), dtype=np.int64)
    step = max(1, CELLS // max(1, len(scores) * excluded.shape[1]))
    parts = []
    for first in range(0, max(1, len(excluded)), step):
        part = slice(first, first + step)
        given = np.stack([own[part] for own in scores])
        parts.append(_blended(given, excluded[part], curve, lengths[part], k, inserted[part]))
    return parts[0] if len(parts) == 1 else joined(parts)


def _blended(
    scores: Float32Array,
    excluded: BoolArray,
    curve: WeightCurve,
    lengths: Int64Array,
    k: int,
    inserted: Int64Array,
) -> Blended:
    candidates = select_candidates(scores, excluded, curve.depth, least=k)
    calibrated, weights = calibrate(candidates), curve.at(lengths)
    best = combine(candidates, calibrated, weights, curve.carry).best(k)
    if not inserted.shape[1]:
        return best
    others = inserted_candidates(scores, inserted)
    theirs = combine(others, calibrated.of(others), weights, curve.carry)
    return beside(best.widened(k), theirs)


def inserted_candidates(scores: Float32Array, inserted: Int64Array) -> Candidates:
    """What the members say of some items of each person; -1 for none."""
    valid = inserted >= 0
    items = np.where(valid, inserted, 0)
    values = np.take_along_axis(scores, items[np.newaxis], axis=2)
    return Candidates(items, valid, np.where(valid, values, np.float32(np.nan)))


def joined(parts: Sequence[Blended]) -> Blended:
    """The people of all the parts, one part after the other."""
    width = max(part.items.shape[1] for part in parts)
    wide = [part.widened(width) for part in parts]
    return Blended(
        np.concatenate([part.items for part in wide]),
        np.concatenate([part.valid for part in wide]),
        np.concatenate([part.totals for part in wide]),
        np.concatenate([part.contributions for part in wide], axis=1),
    )


def beside(first: Blended, then: Blended) -> Blended:
    """The same people's items of the one, and then those of the other."""
    return Blended(
        np.concatenate((first.items, then.items), axis=1),
        np.concatenate((first.valid, then.valid), axis=1),
        np.concatenate((first.totals, then.totals), axis=1),
        np.concatenate((first.contributions, then.contributions), axis=2),
    )


def _widened(array: npt.NDArray[Any], missing: int, filling: float) -> npt.NDArray[Any]:
    """The array with its last axis filled up."""
    edges = [(0, 0)] * (array.ndim - 1) + [(0, missing)]
    return np.pad(array, edges, constant_values=filling)


def combine(
    candidates: Candidates, calibrated: Calibrated, weights: Float64Array, carry: float
) -> Blended:
    """The weighted sum of what the members say of each candidate, kept in its parts.

    A member that does not speak for a person leaves its weight to the others, in proportion. For a
    member that abstains on single items see `Curve.carry`.

    Args:
        slate: the candidates.
        calibrated: the members' scores of them, on one scale.
        weights: (n, n_members) shares that sum to 1 for each person.
        carry: see `WeightCurve`.
    """
    shares = active_weights(weights, calibrated.informative)
    contributions = calibrated.values * shares[:, :, None]
    if carry > 0 and calibrated.gaps:
        contributions *= _carried(calibrated.present, shares, carry)
    totals = contributions.sum(axis=0)
    np.copyto(totals, -np.inf, where=~candidates.valid)
    return Blended(candidates.items, candidates.valid, totals, contributions)


def active_weights(weights: Float64Array, informative: BoolArray) -> Float32Array:
    """(n_members, n) the weights after the silent members' share passed to those that speak.

    Where only members without any weight speak, they share it evenly.
    """
    shares = weights.T * informative
    shares = np.where(shares.sum(axis=0) > 0, shares, informative)
    shares /= np.maximum(shares.sum(axis=0), 1e-300)
    return shares.astype(np.float32)


def _carried(present: BoolArray, shares: Float32Array, carry: float) -> Float32Array:
    """(n, width) what the contributions to an item are multiplied with, for those who abstain."""
    weight = np.einsum("mnw,mn->nw", present, shares)
    factor: Float32Array = np.divide(carry, weight, where=weight > 0, out=np.zeros_like(weight))
    factor += np.float32(1 - carry)
    return factor
