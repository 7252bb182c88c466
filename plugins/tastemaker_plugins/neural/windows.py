"""Histories in windows of equal length, for networks that predict what comes next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker import BoolArray, Float32Array, Float64Array, Int32Array, Int64Array, People
from tastemaker_plugins.shared.recency import decay_weights


@dataclass(frozen=True)
class Windows:
    """Stretches of histories: what column c + 1 holds came next after the columns up to c.

    Together the windows' last `length` columns hold every interaction once. A history that does
    not fill its first window is padded before its start.

    Attributes:
        places: (n_windows, length + 1) int64, the number of the interaction; -1 for padding.
        rows: (n_windows,) int64, whose.
    """

    places: Int64Array
    rows: Int64Array

    @classmethod
    def of(cls, people: People, length: int) -> Windows:
        """All windows, person by person, the newest of each first."""
        starts = people.histories.indptr
        counts = -(-people.histories.lengths // length)
        rows = np.repeat(np.arange(len(people), dtype=np.int64), counts)
        nth = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
        ends = starts[1:][rows] - nth * length
        places = ends[:, np.newaxis] + np.arange(-length - 1, 0)
        places[places < starts[:-1][rows][:, np.newaxis]] = -1
        return cls(places, rows)

    def __len__(self) -> int:
        return len(self.rows)

    def newest(self, times: Float64Array, most: int, seed: int) -> Windows:
        """Those that end last, with at most `most` interactions among them (but one at least).

        Args:
            times: (n_interactions,) when each happened; NaN counts as long ago.
            most: how many interactions to keep.
            seed: decides between those that end together, or at no known time.
        """
        if not len(self):
            return self
        order = np.random.default_rng(seed).permutation(len(self))
        ends = np.nan_to_num(times[self.places[order, -1]], nan=-np.inf)
        order = order[np.argsort(-ends, kind="stable")]
        sizes = np.cumsum((self.places[order, 1:] >= 0).sum(axis=1))
        kept = np.sort(order[: max(1, int(np.searchsorted(sizes, most, side="right")))])
        return Windows(self.places[kept], self.rows[kept])


def target_weights(people: People, time_decay: float) -> Float32Array:
    """(n_interactions,) the weight of each as a target; the mean of those above 0 is 1.

    The kind's weight, less for long ago, and nothing where the person had chosen that item before:
    such items are not recommended.

    Args:
        people: whose histories.
        time_decay: the half-life of interactions, as a multiple of the median age of all.
    """
    histories = people.histories
    weights = np.maximum(people.weights, 0) * decay_weights(people, time_decay)
    chosen = histories.rows * histories.n_items + histories.items
    counted = np.flatnonzero(weights > 0)
    first = np.zeros(len(weights), dtype=bool)
    first[counted[np.unique(chosen[counted], return_index=True)[1]]] = True
    weights *= first
    targets = weights[weights > 0]
    if len(targets):
        weights /= targets.mean()
    return weights.astype(np.float32)


def newest_items(people: People, length: int, counted: BoolArray) -> tuple[Int32Array, Int64Array]:
    """The newest items of each person, the newest in the last column.

    Args:
        people: whose histories.
        length: how many, at most; fewer columns if nobody has so many.
        counted: (n_interactions,) which count.

    Returns:
        (n_people, n_columns) int32 items, and the numbers of the interactions; -1 for padding.
    """
    histories = people.histories
    kept = np.flatnonzero(counted)
    rows = histories.rows[kept]
    ends = np.searchsorted(rows, np.arange(1, len(people) + 1))
    sizes = np.diff(ends, prepend=0)
    columns = min(length, int(sizes.max(initial=0)))
    places = ends[:, np.newaxis] + np.arange(-columns, 0)
    inside = np.arange(columns) >= columns - sizes[:, np.newaxis]
    if not len(kept):
        empty = np.full((len(people), 0), -1, dtype=np.int64)
        return empty.astype(np.int32), empty
    places = np.where(inside, kept[np.maximum(places, 0)], -1)
    items = np.where(inside, histories.items[np.maximum(places, 0)], -1)
    return items.astype(np.int32), places
