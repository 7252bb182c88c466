"""Bursts: items suddenly chosen far more often than before, of which it is not known that it lasts.

What is chosen most these days tells what will be chosen next where such rises last, and misleads
where they do not. The past knows which: the interactions are divided into slices of time, and what
rose in an earlier one either kept its new share on the next, or fell back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tastemaker.data import BoolArray, Float64Array, Int64Array, People
from tastemaker.holdout.splits import timed

SLICES = 10
"""In the order of time, of as many interactions each: as many as the newest fold holds that a blend
is learnt on."""

FIRST_SLICE = 3
"""So many slices are only the past of others. Chosen, not measured."""

RISES = 2.0 ** np.arange(1, 8)
"""Rises are told apart by these multiples of the share before; less than the first is no burst.
Of MovieLens 100K and Online Retail rises of 16 times lasted, and are learnt from in full."""

HELD = 0.5
"""What rose must have kept this share of its rise on the next slice …"""

TIMES_HELD = 2
"""… after so many slices, and after half of those that had such a rise: one burst that spans two
slices proves nothing, nor does chance."""

KNOWN_CHOICES = 5
"""An item that was chosen less often is new. Chosen, not measured."""

ENOUGH_CHOICES = 20
"""Fewer choices in a slice make no burst, and prove none. Chosen, not measured."""


@dataclass(frozen=True)
class Slices:
    """What was chosen in each slice of time, and before it.

    Attributes:
        place: (n_interactions,) the slice of each; -1 for what has no time, or no weight above 0.
        counts: (SLICES, n_items) how many people chose each item in each.
        past: (SLICES, n_items) the share that each item had of all choices before, or lately if
            that is more: in both of the last two slices. Above 0 for whatever was ever chosen: an
            item hardly chosen counts as if chosen half as often as others.
    """

    place: npt.NDArray[np.int8]
    counts: Float64Array
    past: Float64Array

    @cached_property
    def shares(self) -> Float64Array:
        """(SLICES, n_items) each item's share of the choices in each."""
        return _as_shares(self.counts)

    @cached_property
    def growth(self) -> Float64Array:
        """(SLICES, n_items) how many times its share of before each item has in each."""
        return np.divide(self.shares, self.past, out=np.zeros_like(self.past), where=self.past > 0)

    @cached_property
    def known(self) -> BoolArray:
        """(SLICES, n_items) which items were not new two slices before each."""
        known = np.zeros(self.counts.shape, dtype=np.bool_)
        known[2:] = np.cumsum(self.counts, axis=0)[:-2] >= KNOWN_CHOICES
        return known


def in_bursts(people: People) -> BoolArray:
    """(n_interactions,) what is not to be learnt from: choices of items in a burst, beyond a bound.

    Of an item that rises beyond what has ever lasted, so many choices stay as make it rise as much
    as has, evenly spread over the slice. Once it has kept its share for two slices it is no burst;
    and what is new is in none, for everything begins by rising.

    Args:
        people: all histories; where too few times are known there are no bursts.
    """
    out = np.zeros(len(people.times), dtype=np.bool_)
    if not timed(people):
        return out
    slices = sliced(people)
    bound = growth_that_lasts(slices)
    for number in range(FIRST_SLICE, SLICES):
        bursting = slices.growth[number] > bound
        bursting &= (slices.counts[number] >= ENOUGH_CHOICES) & slices.known[number]
        theirs = np.flatnonzero(slices.place == number)
        theirs = theirs[bursting[people.histories.items[theirs]]]
        stay = bound / np.maximum(slices.growth[number], bound)
        out[theirs] = ~_spread(people.histories.items[theirs], people.times[theirs], stay)
    return out


def sliced(people: People) -> Slices:
    """Everything that has a time, in slices."""
    which = np.flatnonzero(np.isfinite(people.times) & (people.weights > 0))
    order = which[np.argsort(people.times[which], kind="stable")]
    place = np.full(len(people.times), -1, dtype=np.int8)
    place[order] = np.arange(len(order)) * SLICES // max(len(order), 1)
    counts = np.zeros((SLICES, people.n_items))
    for number in range(SLICES):
        own = place == number
        pairs = people.histories.rows[own] * people.n_items + people.histories.items[own]
        counts[number] = np.bincount(np.unique(pairs) % people.n_items, minlength=people.n_items)
    chosen = counts.any(axis=0)
    before = np.cumsum(counts, axis=0) - counts
    before += chosen * before.sum(axis=1, keepdims=True) / max(np.count_nonzero(chosen), 1) / 2
    past, shares = _as_shares(before), _as_shares(counts)
    past[2:] = np.maximum(past[2:], np.minimum(shares[1:-1], shares[:-2]))
    return Slices(place, counts, past)


def growth_that_lasts(slices: Slices) -> float:
    """Up to which growth items keep what they gained, as far as the past has shown.

    Of the steps from which on risers did, twice the highest; the lowest step where none did.
    """
    shares, growth, found = slices.shares, slices.growth, float(RISES[0])
    for step in RISES.tolist():
        kept = []
        for number in range(FIRST_SLICE, SLICES - 1):
            rising = growth[number] >= step
            if slices.counts[number, rising].sum() >= ENOUGH_CHOICES:
                before = slices.past[number, rising].sum()
                gained = shares[number, rising].sum() - before
                kept.append((shares[number + 1, rising].sum() - before) / gained)
        held = sum(share >= HELD for share in kept)
        if held >= max(TIMES_HELD, len(kept) / 2):
            found = 2 * step
    return found


def _as_shares(counts: Float64Array) -> Float64Array:
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0))


def _spread(items: npt.NDArray[np.int32], times: Float64Array, stay: Float64Array) -> BoolArray:
    """(n,) whether each choice stays: of each item's a share, evenly spread over its time.

    Args:
        items, times: (n,) what was chosen, and when.
        stay: (n_items,) the share of each item's choices that stays.
    """
    order = np.lexsort((times, items))
    counts: Int64Array = np.bincount(items, minlength=len(stay))
    ranks = np.empty(len(items), dtype=np.int64)
    ranks[order] = np.arange(len(items)) - (np.cumsum(counts) - counts)[items[order]]
    kept = np.round(counts * stay).astype(np.int64)[items]
    return np.asarray(ranks * kept % counts[items] < kept)
