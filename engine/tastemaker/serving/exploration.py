"""Exploration: a small share of the places goes to items that few people know yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from tastemaker.blend import Blended, Candidates, WeightCurve, calibrate, combine
from tastemaker.data import (
    NAN,
    BoolArray,
    Float32Array,
    Float64Array,
    Int64Array,
    People,
    sample_rows,
)
from tastemaker.data.top_k import top_k_places

PROTECTED_PLACES = 3
"""The places at the head of a list that never go to exploration. Chosen, not measured."""

NEW_BELOW = 5
"""An item with fewer interactions than this, when the release was trained, may be new. Chosen, not
measured."""

TEMPERATURE = 0.5
"""Of the draw of new items by their scores, in standard deviations: the higher, the more even the
draw. Chosen, not measured."""

MOST_DRAWN_FROM = 500
"""A person's new items are drawn by their scores from so many, which are drawn evenly: scoring
thousands would cost more than the whole rest of an answer. Chosen, not measured."""

Seeds = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Exploration:
    """Which items are new, and how often they are inserted into lists.

    Attributes:
        share: of the places after the first `PROTECTED_PLACES`, the share that goes to new items.
            An evaluation measures lists without it.
        new: (n_new,) int64 indexes of the new items, ascending.
    """

    share: float
    new: Int64Array

    def places(self, seeds: Seeds, k: int) -> BoolArray:
        """(n, k) which places of each person's list go to new items today."""
        if not len(self.new) or self.share <= 0 or k <= PROTECTED_PLACES:
            return np.zeros((len(seeds), k), dtype=np.bool_)
        chosen: BoolArray = uniform_draws(seeds, k) < self.share
        chosen[:, :PROTECTED_PLACES] = False
        return chosen

    def insertions(self, seeds: Seeds | None, k: int) -> Insertions | None:
        """Where new items are inserted today; None where nowhere, or without seeds."""
        if seeds is None:
            return None
        places = self.places(seeds, k)
        return Insertions(self.new, places, seeds) if places.any() else None


NO_EXPLORATION = Exploration(0.0, np.zeros(0, dtype=np.int64))
"""No new item is inserted."""


def find_new_items(counts: Float32Array) -> Int64Array:
    """The indexes of items that had next to no interactions when the release was trained.

    Fewer than `NEW_BELOW`, and fewer than half of what items have on average: where everything is
    new, nothing is.

    Args:
        counts: (n_items,) how many interactions each item had.
    """
    average = float(counts.mean()) if len(counts) else 0.0
    return np.flatnonzero((counts < NEW_BELOW) & ((counts == 0) | (counts < average / 2)))


def daily_seeds(refs: Sequence[bytes], people: People, day: int) -> Seeds:
    """(n,) uint64 what each person's random draws start from.

    A hash of the history and the day: the same recommendations all day long while the history stays
    as it is, whether it is stored or passed in. Of somebody without one, of the ref.

    Args:
        refs: the people's refs.
        people: the same people.
        day: any number that is the same all day.
    """
    histories, tail = people.histories, day.to_bytes(8, "big", signed=True)
    starts = histories.indptr.tolist()
    own = (
        histories.items[first:last].tobytes() if last > first else ref
        for ref, first, last in zip(refs, starts[:-1], starts[1:], strict=True)
    )
    digests = b"".join(blake2b(one + tail, digest_size=8).digest() for one in own)
    return np.frombuffer(digests, dtype=np.uint64)


def uniform_draws(seeds: Seeds, k: int) -> Float64Array:
    """(n, k) pseudorandom numbers, uniform from 0 to 1, by the seed and the place (SplitMix64).

    Steele, G., Lea, D., Flood, C.: Fast splittable pseudorandom number generators. OOPSLA 2014.
    """
    steps = np.arange(1, k + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = seeds[:, np.newaxis] + steps
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed / 2.0**64, dtype=np.float64)


@dataclass(frozen=True)
class InsertableItems:
    """New items of each person from which some are drawn, to be inserted into lists.

    Attributes:
        items: (n, n_new) int64 item indexes.
        eligible: (n, n_new) which of them may be shown.
        places: (n, k) which places of the lists go to new items.
        seeds: (n,) what each person's random draws start from.
    """

    items: Int64Array
    eligible: BoolArray
    places: BoolArray
    seeds: Seeds

    def draw(self, scores: Float32Array, curve: WeightCurve, lengths: Int64Array) -> Int64Array:
        """(n, n_drawn) the columns of those drawn for each person, in that order; -1 for none.

        Args:
            scores: (n_members, n, n_new) float32 the members' scores of the new items.
            curve: the members' weights.
            lengths: (n,) how long each person's history is.
        """
        # One more than the list may hold by itself: so there is one that it does not, if any is
        # left.
        most = self.places.shape[1] + int(np.count_nonzero(self.places, axis=1).max())
        return draw_new_items(scores, self.eligible, curve, lengths, self.seeds, most)


@dataclass(frozen=True)
class Insertions:
    """Where new items are inserted into the lists of some people.

    Attributes:
        new: (n_new,) int64 all new items.
        places: (n, k) which places of each person's list go to new items.
        seeds: (n,) what each person's random draws start from.
    """

    new: Int64Array
    places: BoolArray
    seeds: Seeds

    @cached_property
    def people(self) -> BoolArray:
        """(n,) who gets any."""
        return np.asarray(self.places.any(axis=1))

    def of(self, rows: Int64Array, excluded: BoolArray) -> InsertableItems:
        """The new items to draw from for the people of some rows.

        Args:
            rows: (n_rows,) which people.
            excluded: (n, n_items) what must not be shown to each of all people.
        """
        seeds = self.seeds[rows]
        items = np.array([sampled_items(self.new, seed) for seed in seeds.tolist()], np.int64)
        eligible = ~excluded[rows[:, np.newaxis], items]
        return InsertableItems(items, eligible, self.places[rows], seeds)


def sampled_items(new: Int64Array, seed: int) -> Int64Array:
    """At most `MOST_DRAWN_FROM` of the new items, ascending; as many for everybody."""
    own_stream = np.random.default_rng((seed, 1))  # the noise of the draw by scores has another
    return new[sample_rows(len(new), MOST_DRAWN_FROM, own_stream)]


def draw_new_items(
    scores: Float32Array,
    eligible: BoolArray,
    curve: WeightCurve,
    lengths: Int64Array,
    seeds: Seeds,
    most: int,
) -> Int64Array:
    """(n, at most `most`) columns drawn for each person, in the order drawn; -1 for none.

    A new item's probability grows exponentially with its blended score (the Gumbel-max trick);
    where no member can score one, all have the same.

    Args:
        scores: (n_members, n, n_new) float32 the members' scores of the new items.
        eligible: (n, n_new) which of them may be shown.
        curve: the weights.
        lengths: (n,) how long each person's history is.
        seeds: (n,) what each person's random draws start from.
        most: how many are drawn.
    """
    columns = np.broadcast_to(np.arange(eligible.shape[1]), eligible.shape)
    candidates = Candidates(columns, eligible, np.where(eligible, scores, NAN))
    blended = combine(candidates, calibrate(candidates), curve.at(lengths), curve.carry).totals
    noise = [np.random.default_rng(seed).gumbel(size=eligible.shape[1]) for seed in seeds]
    order = top_k_places(
        blended / np.float32(TEMPERATURE) + np.stack(noise).astype(np.float32), most
    )
    return np.where(np.take_along_axis(eligible, order, axis=1), order, -1)


def insert_new_items(best: Blended, places: BoolArray) -> tuple[Blended, BoolArray]:
    """The lists with new items in their places, and which places hold one.

    The others move down in their order, and the last of them drop out; no item comes twice. The
    first places do not depend on how many follow, so that pages make up one list.

    Args:
        best: (n, k + n_inserted) the best `k` items, then the new ones drawn.
        places: (n, k) which places go to new items.
    """
    k = places.shape[1]
    order = np.tile(np.arange(k), (len(places), 1))
    explored = np.zeros(places.shape, dtype=np.bool_)
    for row in np.flatnonzero(places.any(axis=1)).tolist():
        order[row], explored[row] = _order_of_row(best, row, places[row])
    rows = np.arange(len(order))[:, np.newaxis]
    parts = (best.items[rows, order], best.valid[rows, order], best.totals[rows, order])
    return Blended(*parts, best.contributions[:, rows, order]), explored


def _order_of_row(best: Blended, row: int, places: BoolArray) -> tuple[list[int], list[bool]]:
    k, items, valid = len(places), best.items[row].tolist(), best.valid[row].tolist()
    own = [place for place in range(k) if valid[place]]
    drawn = [place for place in range(k, len(items)) if valid[place]]
    order, explored = list(range(k)), [False] * k
    placed: set[int] = set()
    for place in range(len(own)):
        new = _next_of(drawn, items, placed) if places[place] else None
        chosen = _next_of(own, items, placed) if new is None else new
        if chosen is None:  # all others stand further up already
            chosen = _next_of(drawn, items, placed)
        if chosen is not None:
            order[place], explored[place] = chosen, chosen >= k
            placed.add(items[chosen])
    return order, explored


def _next_of(listed: list[int], items: list[int], placed: set[int]) -> int | None:
    """The first of the listed places whose item stands nowhere yet; it leaves the list."""
    while listed:
        first = listed.pop(0)
        if items[first] not in placed:
            return first
    return None
