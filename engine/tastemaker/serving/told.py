"""What a person wants less of: it and what is like it lose rank, by a part of the score of its own.

Every item told and its nearest neighbours lose a part of the spread of that person's own scores. A
member that learns from dislikes may do more; where none does, this holds all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend import Blended
from tastemaker.data import Float32Array, Int64Array, People
from tastemaker.data.top_k import top_k_places
from tastemaker.store.kinds import LESS, Kind

TOLD = "told"
"""What the part is called among the contributions to a score."""

NEIGHBOURS = 20
"""How many of the items most like one are sure to lose rank with it."""

CATALOGUE_SHARE = 0.1
"""Of a small catalogue, the share that these are at most. Chosen, not measured."""

DEPTH_OF_FALL = 3.0
"""How far an item falls that a person wants less of, as a multiple of the standard deviation of the
person's scores, where the kind weighs -1: from among the best to the middle. Chosen, not measured.
"""

Nearest = Callable[[int], Int64Array]
"""From an item's index to the (n,) indexes of those most like it, the nearest first."""


@dataclass(frozen=True)
class ToldLess:
    """What some people want less of.

    Attributes:
        strength: how much it counts: 1 where the kind weighs -1.
        rows: (m,) int64 who told it, ascending.
        places: (m,) int64 the interactions by which, among those of the histories.
        reach: for each, (reach,) int64 the item told, and those most like it, the nearest first.
    """

    strength: float
    rows: Int64Array
    places: Int64Array
    reach: Sequence[Int64Array]

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
            parts[row] = -self._fall(best, row) * near * best.valid[row]
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
        return np.stack([closeness(self.reach[own], items) for own in statements.tolist()])

    def _fall(self, best: Blended, row: int) -> np.float32:
        """How far the item itself falls."""
        totals = best.totals[row, best.valid[row]]
        spread = float(totals.std()) if len(totals) else 0.0
        return np.float32(self.strength * DEPTH_OF_FALL * (spread or 1.0))


def told_less(people: People, kinds: Sequence[Kind], nearest: Nearest) -> ToldLess | None:
    """What people want less of; None where nobody told anything of the kind.

    Args:
        people: whose histories.
        kinds: what their interactions' kinds stand for, in the order of `people.kinds`.
        nearest: the items most like one, at least `reach_of` the catalogue.
    """
    index = next((place for place, kind in enumerate(kinds) if kind.name == LESS), None)
    if index is None or kinds[index].weight >= 0:
        return None
    places = np.flatnonzero(people.kinds == index)
    if not len(places):
        return None
    rows, items = people.histories.rows[places], people.histories.items[places].tolist()
    reach = [np.concatenate(([item], nearest(item))) for item in items]
    return ToldLess(-kinds[index].weight, rows, places, reach)


def reach_of(n_items: int) -> int:
    """How many of the items most like one lose something with it, in a catalogue of so many."""
    sure = min(NEIGHBOURS, int(np.ceil(n_items * CATALOGUE_SHARE)))
    return min(2 * sure - 1, max(n_items - 1, 0))


def closeness(reach: Int64Array, items: Int64Array) -> Float32Array:
    """(width,) float32 how near each of some items is to one: itself 1, beyond its reach 0.

    By rank, and not by likeness, whose scale differs from item to item and among recommenders: of
    those in reach the first has nearly 1, the one halfway a half.

    Args:
        reach: (n,) int64 the item, and those most like it, the nearest first.
        items: (width,) int64.
    """
    order = np.argsort(reach)
    place = np.minimum(np.searchsorted(reach, items, sorter=order), len(reach) - 1)
    rank = order[place]
    near: Float32Array = (1 - rank / len(reach)).astype(np.float32)
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
