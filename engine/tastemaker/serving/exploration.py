"""Exploration: a small share of the places goes to items that few people know yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from tastemaker.blend import (
    Blended,
    Candidates,
    WeightCurve,
    blend_scores,
    calibrate,
    combine,
)
from tastemaker.blend.top_k import top_k_places
from tastemaker.data import BoolArray, Float32Array, Float64Array, Int64Array, People

FIRST = 3
"""The places at the head of a list that never go to exploration."""

FEW = 5
"""An item with fewer interactions than this, when the release was trained, is new."""

LUCK = 0.5
"""How much chance counts when a new item is drawn, in standard deviations of what suits."""

Seeds = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Exploration:
    """Which items are new, and how often they are let in.

    Attributes:
        share: of the places after the first `FIRST`, the share that goes to new items. An
            evaluation measures lists without it.
        new: (n_new,) int64 indexes of the new items, ascending.
    """

    share: float
    new: Int64Array

    def places(self, seeds: Seeds, k: int) -> BoolArray:
        """(n, k) which places of each person's list go to new items today."""
        if not len(self.new) or self.share <= 0 or k <= FIRST:
            return np.zeros((len(seeds), k), dtype=np.bool_)
        chosen: BoolArray = chances(seeds, k) < self.share
        chosen[:, :FIRST] = False
        return chosen


NONE = Exploration(0.0, np.zeros(0, dtype=np.int64))
"""Nothing is let in."""


def rare(counts: Float32Array) -> Int64Array:
    """The indexes of items that had next to no interactions when the release was trained.

    Fewer than `FEW`, and fewer than half of what items have on average: where everything is new,
    nothing is.
    """
    average = float(counts.mean()) if len(counts) else 0.0
    return np.flatnonzero((counts < FEW) & ((counts == 0) | (counts < average / 2)))


def seeds_of(refs: Sequence[bytes], people: People, day: int) -> Seeds:
    """(n,) what each person's draws start from: who it is, what is known, and the day.

    The same answer all day long while the history stays as it is.

    Args:
        refs: the people's refs.
        people: the same people.
        day: any number that is the same all day.
    """
    histories = people.histories
    tails = np.stack((histories.lengths, np.full(len(refs), day, dtype=np.int64)), axis=1)
    digests = (
        blake2b(ref + tail.tobytes(), digest_size=8).digest()
        for ref, tail in zip(refs, tails, strict=True)
    )
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def chances(seeds: Seeds, k: int) -> Float64Array:
    """(n, k) numbers from 0 to 1, as if drawn at random, by the seed and the place.

    Steele, G., Lea, D., Flood, C.: Fast splittable pseudorandom number generators. OOPSLA 2014.
    """
    steps = np.arange(1, k + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = seeds[:, np.newaxis] + steps
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed / 2.0**64, dtype=np.float64)


def explored(
    scores: Sequence[Float32Array],
    excluded: BoolArray,
    curve: WeightCurve,
    lengths: Int64Array,
    k: int,
    exploration: Exploration,
    seeds: Seeds,
) -> tuple[Blended, BoolArray]:
    """The best `k` items of each person with new ones let in, and which places hold one.

    Args:
        scores, barred, curve, lengths, k: see `blend`.
        exploration: which items are new, and how often they are let in.
        seeds: (n,) what each person's draws start from.
    """
    places = exploration.places(seeds, k)
    rows = np.flatnonzero(places.any(axis=1))
    if not len(rows):
        best = blend_scores(scores, excluded, curve, lengths, k)
        return best, np.zeros(best.items.shape, dtype=np.bool_)
    # One more than the list may hold by itself: so there is one that it does not, if any is left.
    most = k + int(places.sum(axis=1).max())
    given = np.stack([own[np.ix_(rows, exploration.new)] for own in scores])
    free = ~excluded[np.ix_(rows, exploration.new)]
    chosen = drawn(given, free, curve, lengths[rows], seeds[rows], most)
    inserted = np.full((len(excluded), chosen.shape[1]), -1, dtype=np.int64)
    inserted[rows] = np.where(chosen >= 0, exploration.new[chosen], -1)
    return arranged(blend_scores(scores, excluded, curve, lengths, k, inserted), places)


def drawn(
    scores: Float32Array,
    free: BoolArray,
    curve: WeightCurve,
    lengths: Int64Array,
    seeds: Seeds,
    most: int,
) -> Int64Array:
    """(n, at most `most`) columns drawn for each person, in the order drawn; -1 for none.

    A new item's chance grows exponentially with what the members that can place it say of it (the
    Gumbel-max trick); where none can, all have the same.

    Args:
        scores: (n_members, n, n_new) float32 what the members say of the new items.
        free: (n, n_new) which of them may be shown.
        curve: the weights.
        lengths: (n,) how long each person's history is.
        seeds: (n,) what each person's draws start from.
        most: how many are drawn.
    """
    columns = np.broadcast_to(np.arange(free.shape[1]), free.shape)
    candidates = Candidates(columns, free, np.where(free, scores, np.float32(np.nan)))
    suits = combine(candidates, calibrate(candidates), curve.at(lengths), curve.carry).totals
    noise = [np.random.default_rng(seed).gumbel(size=free.shape[1]) for seed in seeds]
    order = top_k_places(suits / np.float32(LUCK) + np.stack(noise).astype(np.float32), most)
    return np.where(np.take_along_axis(free, order, axis=1), order, -1)


def arranged(best: Blended, places: BoolArray) -> tuple[Blended, BoolArray]:
    """The list with new items in their places, and which places hold one.

    The others move down in their order, and the last of them drop out. A new item that is in the
    list by itself stays where it is.

    Args:
        best: (n, k + n_guests) the best `k` items, then the new ones drawn.
        places: (n, k) which places go to new items.
    """
    k = places.shape[1]
    order = np.tile(np.arange(k), (len(places), 1))
    let_in = np.zeros(places.shape, dtype=np.bool_)
    for row in np.flatnonzero(places.any(axis=1)).tolist():
        order[row], let_in[row] = _row(best, row, places[row])
    rows = np.arange(len(order))[:, np.newaxis]
    parts = (best.items[rows, order], best.valid[rows, order], best.totals[rows, order])
    return Blended(*parts, best.contributions[:, rows, order]), let_in


def _row(best: Blended, row: int, places: BoolArray) -> tuple[list[int], list[bool]]:
    k, items = len(places), best.items[row].tolist()
    own = np.flatnonzero(best.valid[row, :k]).tolist()
    known = {items[place] for place in own}
    inserted = [
        place
        for place in range(k, len(items))
        if best.valid[row, place] and items[place] not in known
    ]
    order = list(range(k))
    let_in = [bool(place < len(own) and places[place]) for place in range(k)]
    for place in range(len(own)):
        let_in[place] = let_in[place] and bool(inserted)
        order[place] = inserted.pop(0) if let_in[place] else own.pop(0)
    return order, let_in
