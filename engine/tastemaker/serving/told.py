"""What a person wants less of: it and what is like it lose rank, by a part of the score of its own.

The item and its nearest neighbours fall by a little more than lies between the best and the middle
of that person's own scores, so that none of them stays above the middle. A member that learns from
dislikes may do more; where none does, this holds all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend import Blended
from tastemaker.data import Float32Array, Int64Array, People
from tastemaker.data.top_k import top_k_places
from tastemaker.store.kinds import LESS_KIND, Kind

TOLD = "told"
"""What the part is called among the contributions to a score."""

NEIGHBOURS = 20
"""How many of the items most like one are sure to lose rank with it."""

CATALOGUE_SHARE = 0.1
"""Of a small catalogue, the share that these are at most. Chosen, not measured."""

FALL = 1.125
"""How far an item falls that a person wants less of, where the kind weighs -1: as a multiple of
what lies between the best and the middle of the person's scores. More than 1, so that it comes
below the many that may all stand in the middle. Chosen, not measured."""

Nearest = Callable[[int], Int64Array]
"""From an item's index to the (n,) indexes of those most like it, the nearest first."""


@dataclass(frozen=True)
class ToldLess:
    """What some people want less of.

    Attributes:
        strength: how much it counts: 1 where the kind weighs -1.
        rows: (m,) int64 who told it, ascending.
        places: (m,) int64 the interactions by which, among those of the histories.
        reach: for each, (at most `extent`,) int64 the item told, and those most like it, the
            nearest first.
        extent: how many items one statement may reach.
    """

    strength: float
    rows: Int64Array
    places: Int64Array
    reach: Sequence[Int64Array]
    extent: int

    def parts(self, best: Blended) -> Float32Array:
        """(n, width) float32 what it takes from the score of each of some items; never above 0.

        Of several statements about items alike, the strongest counts.

        Args:
            best: items of the same people, with their scores.
        """
        parts = np.zeros(best.items.shape, dtype=np.float32)
        for row in np.unique(self.rows).tolist():
            own = np.flatnonzero(self.rows == row)
            near = self._closeness(own, best.items[row]).max(axis=0)
            parts[row] -= self._fall(best, row) * near * best.valid[row]
        return parts

    def reasons(self, best: Blended, parts: Float32Array, n_interactions: int) -> Float32Array:
        """(n_interactions, width) the parts, each owed to the statement that is the nearest.

        Args:
            best: the items of the same people.
            parts: (n, width) what `parts` took from their scores.
            n_interactions: how many the histories hold.
        """
        owed = np.zeros((n_interactions, parts.shape[1]), dtype=np.float32)
        for row in np.unique(self.rows).tolist():
            own = np.flatnonzero(self.rows == row)
            nearest = own[self._closeness(own, best.items[row]).argmax(axis=0)]
            owed[self.places[nearest], np.arange(parts.shape[1])] = parts[row]
        return owed

    def _closeness(self, statements: Int64Array, items: Int64Array) -> Float32Array:
        """(n_statements, width) float32 how near each item is to what each statement is about."""
        rows = [closeness(self.reach[own], items, self.extent) for own in statements.tolist()]
        return np.stack(rows)

    def _fall(self, best: Blended, row: int) -> np.float32:
        """How far the item itself falls; by 1 where all scores are alike."""
        totals = best.totals[row, best.valid[row]]
        height = float(totals.max() - np.median(totals)) if len(totals) else 0.0
        return np.float32(self.strength * FALL * (height or 1.0))


def told_less(people: People, kinds: Sequence[Kind], nearest: Nearest) -> ToldLess | None:
    """What people want less of; None where nobody told anything of the kind.

    Args:
        people: whose histories.
        kinds: what their interactions' kinds stand for, in the order of `people.kinds`.
        nearest: the items most like one, at least `reach_of` the catalogue.
    """
    index = next((place for place, kind in enumerate(kinds) if kind.name == LESS_KIND), None)
    if index is None or kinds[index].weight >= 0:
        return None
    places = np.flatnonzero(people.kinds == index)
    if not len(places):
        return None
    rows, items = people.histories.rows[places], people.histories.items[places].tolist()
    reach = [np.concatenate(([item], nearest(item))) for item in items]
    return ToldLess(-kinds[index].weight, rows, places, reach, 1 + reach_of(people.n_items))


def reach_of(n_items: int) -> int:
    """How many of the items most like one lose something with it, in a catalogue of so many."""
    sure = min(NEIGHBOURS, int(np.ceil(n_items * CATALOGUE_SHARE)))
    return max(2 * sure - 1, 1)


def closeness(reach: Int64Array, items: Int64Array, extent: int) -> Float32Array:
    """(width,) float32 how near each of some items is to one: itself 1, beyond its reach 0.

    By rank, and not by likeness, whose scale differs from item to item and among recommenders: the
    first half of what may be in reach is as near as can be, the rest ever less.

    Args:
        reach: (n,) int64 the item, and those most like it, the nearest first.
        items: (width,) int64.
        extent: how many items may be in reach.
    """
    order = np.argsort(reach)
    place = np.minimum(np.searchsorted(reach, items, sorter=order), len(reach) - 1)
    rank = order[place]
    near: Float32Array = np.minimum(2 * (1 - rank / extent), 1).astype(np.float32)
    near[reach[rank] != items] = 0
    return near


def with_parts(best: Blended, parts: Float32Array, k: int, width: int) -> Blended:
    """The best `k` of the first `width` items by score and part together; then those behind.

    The parts become a row of the contributions, the last. An item that no member scores comes in
    only where there would be too few without it, as when the blend ranks.

    Args:
        best: (n, at least `width` if any follow) items; behind the first `width`, those inserted.
        parts: (n, as many) what is added to their scores.
        k: how many.
        width: how many items may be among the best.
    """
    contributions = np.concatenate((best.contributions, parts[np.newaxis]))
    totals = best.totals + parts
    scored = best.contributions[:, :, :width].any(axis=0)
    enough = np.count_nonzero(scored, axis=1) >= k
    valid = best.valid.copy()
    valid[:, :width] &= scored | ~enough[:, np.newaxis]
    totals[~valid] = -np.inf
    order = top_k_places(totals[:, :width], k)
    behind = np.arange(width, totals.shape[1])
    places = np.concatenate((order, np.tile(behind, (len(order), 1))), axis=1)
    rows = np.arange(len(places))[:, np.newaxis]
    chosen = (best.items[rows, places], valid[rows, places], totals[rows, places])
    return Blended(*chosen, contributions[:, rows, places])
