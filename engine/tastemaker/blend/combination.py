"""Weighing and adding: every score is exactly the sum of the members' contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import Slate, shortlist
from tastemaker.blend.curve import Curve
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
    scores: Sequence[Float32Array], barred: BoolArray, curve: Curve, lengths: Int64Array, k: int
) -> Blended:
    """The best `k` items of each person by all members together, best first.

    Args:
        scores: for each member of the curve, in its order, (n, n_items) float32; NaN = abstains.
        barred: (n, n_items) the items that must not be shown.
        curve: the weights.
        lengths: (n,) how long each person's history is.
        k: how many items.
    """
    step = max(1, CELLS // max(1, len(scores) * barred.shape[1]))
    parts = []
    for first in range(0, max(1, len(barred)), step):
        part = slice(first, first + step)
        given = np.stack([own[part] for own in scores])
        parts.append(_blended(given, barred[part], curve, lengths[part], k))
    return parts[0] if len(parts) == 1 else joined(parts)


def _blended(
    scores: Float32Array, barred: BoolArray, curve: Curve, lengths: Int64Array, k: int
) -> Blended:
    slate = shortlist(scores, barred, curve.depth, least=k)
    return combine(slate, calibrate(slate), curve.at(lengths), curve.carry).best(k)


def joined(parts: Sequence[Blended]) -> Blended:
    """The people of all the parts, one part after the other."""
    width = max(part.items.shape[1] for part in parts)
    items, valid, totals, contributions = zip(
        *(
            (
                _widened(part.items, width, 0),
                _widened(part.valid, width, False),
                _widened(part.totals, width, -np.inf),
                _widened(part.contributions, width, 0),
            )
            for part in parts
        ),
        strict=True,
    )
    rows = [np.concatenate(own) for own in (items, valid, totals)]
    return Blended(rows[0], rows[1], rows[2], np.concatenate(contributions, axis=1))


def _widened(array: npt.NDArray[Any], width: int, filling: float) -> npt.NDArray[Any]:
    """The array with its last axis filled up to a width."""
    missing = width - array.shape[-1]
    if not missing:
        return array
    edges = [(0, 0)] * (array.ndim - 1) + [(0, missing)]
    return np.pad(array, edges, constant_values=filling)


def combine(slate: Slate, calibrated: Calibrated, weights: Float64Array, carry: float) -> Blended:
    """The weighted sum of what the members say of each candidate, kept in its parts.

    A member that does not speak for a person leaves its weight to the others, in proportion. For a
    member that abstains on single items see `Curve.carry`.

    Args:
        slate: the candidates.
        calibrated: the members' scores of them, on one scale.
        weights: (n, n_members) shares that sum to 1 for each person.
        carry: see `Curve`.
    """
    shares = spoken(weights, calibrated.speaks)
    contributions = calibrated.values * shares[:, :, None]
    if carry > 0 and calibrated.gaps:
        contributions *= _carried(calibrated.present, shares, carry)
    totals = contributions.sum(axis=0)
    np.copyto(totals, -np.inf, where=~slate.valid)
    return Blended(slate.items, slate.valid, totals, contributions)


def spoken(weights: Float64Array, speaks: BoolArray) -> Float32Array:
    """(n_members, n) the weights after the silent members' share passed to those that speak.

    Where only members without any weight speak, they share it evenly.
    """
    shares = weights.T * speaks
    shares = np.where(shares.sum(axis=0) > 0, shares, speaks)
    shares /= np.maximum(shares.sum(axis=0), 1e-300)
    return shares.astype(np.float32)


def _carried(present: BoolArray, shares: Float32Array, carry: float) -> Float32Array:
    """(n, width) what the contributions to an item are multiplied with, for those who abstain."""
    weight = np.einsum("mnw,mn->nw", present, shares)
    factor: Float32Array = np.divide(carry, weight, where=weight > 0, out=np.zeros_like(weight))
    factor += np.float32(1 - carry)
    return factor
