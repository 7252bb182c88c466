"""People as recommenders see them: histories and declared features, by index."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import nan
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from tastemaker.data.arrays import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int16Array,
    Int32Array,
    Int64Array,
    frozen,
    read_only,
)
from tastemaker.data.columns import FrozenMapping, Values

if TYPE_CHECKING:
    from scipy.sparse import csr_array

T = TypeVar("T")

KEPT_FOR = 1024
"""Up to so many people keep what was made of them once: more than are recommended to together, and
far fewer than a training's, of which nobody wants copies. Chosen, not measured."""


OWN_INTERACTIONS = 1000
"""Of longer histories only the items of so many of the newest interactions are candidates where
they may come again: scoring those costs little. Chosen, not measured."""


@dataclass(frozen=True)
class Histories:
    """Histories of people as a CSR structure; within a person the oldest interaction comes first.

    A repeated interaction stands as often as it happened.

    Attributes:
        indptr: (n_people + 1,) int64; the interactions of person p are indptr[p]:indptr[p + 1].
        items: (n_interactions,) int32 item indexes.
        values: (n_interactions,) float32, as recorded (a rating, a quantity, 1.0).
        n_items: how many items there are.
    """

    indptr: Int64Array
    items: Int32Array
    values: Float32Array
    n_items: int

    def __post_init__(self) -> None:
        for array in (self.indptr, self.items, self.values):
            frozen(array)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @cached_property
    def lengths(self) -> Int64Array:
        """(n_people,) how many interactions each person has."""
        return read_only(self.indptr[1:] - self.indptr[:-1])

    @cached_property
    def rows(self) -> Int64Array:
        """(n_interactions,) the person each interaction belongs to."""
        return read_only(np.repeat(np.arange(len(self), dtype=np.int64), self.lengths))

    @cached_property
    def ages(self) -> Int64Array:
        """(n_interactions,) how many of the same person's interactions came after; 0 = newest."""
        return read_only(self.indptr[1:][self.rows] - 1 - np.arange(len(self.items)))


@dataclass(frozen=True)
class People:
    """A batch of people as recommenders see them: histories and declared features, never an id.

    Attributes:
        histories: who had what to do with which item, oldest first.
        times: (n_interactions,) float64 seconds since 1970 UTC; NaN where the time is not known.
        kinds: (n_interactions,) int16 index of the kind of interaction; see `TrainingData.kinds`.
        weights: (n_interactions,) float32 weight of the kind of interaction.
        features: for each declared feature, the values of every person.
        now: the moment they are known at, seconds since 1970 UTC; NaN where it is that of the
            newest interaction known to anybody, as in training and evaluation.
    """

    histories: Histories
    times: Float64Array
    kinds: Int16Array
    weights: Float32Array
    features: Mapping[str, tuple[Values, ...]] = field(default_factory=dict)
    now: float = nan

    def __post_init__(self) -> None:
        for array in (self.times, self.kinds, self.weights):
            frozen(array)
        if not isinstance(self.features, FrozenMapping):
            object.__setattr__(self, "features", FrozenMapping(self.features))

    def __len__(self) -> int:
        return len(self.histories)

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return self.histories.n_items

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once of these people if they are few.

        Of the same few people a recommender is asked for candidates, for scores and for reasons:
        what all of these begin with it may keep here.

        Args:
            key: what it is: all that it depends on besides the people.
            make: gives it; nobody may change that later.
        """
        if len(self) > KEPT_FOR:
            return make()
        kept = self._made
        if key not in kept:
            kept[key] = make()
        return cast(T, kept[key])

    @cached_property
    def without_features(self) -> People:
        """The same people, and nothing of what they declared: for whoever does not ask for it."""
        return replace(self, features={}) if self.features else self

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    @cached_property
    def ages(self) -> Float32Array:
        """(n_interactions,) how many interactions of the same person came after each.

        Only those that count, whose kind has a positive weight: what a person wants less of makes
        nothing else older. Those of the same moment share their mean: nobody knows which of a
        basket came first. So do those of which no time is known: in what order they stand means
        nothing.
        """
        chosen = self.weights > 0
        if not chosen.all():
            return self._ages_by(chosen)
        ages = self.histories.ages.astype(np.float32)
        moments = self._moments
        if len(moments) and moments[-1] + 1 < len(moments):
            means = np.bincount(moments, ages) / np.bincount(moments)
            ages = means.astype(np.float32)[moments]
        frozen(ages)
        return ages

    def _ages_by(self, chosen: BoolArray) -> Float32Array:
        """(n_interactions,) how many of the chosen interactions came after each.

        What happened at the same moment as a chosen one is as old as that.
        """
        so_far = np.cumsum(chosen)
        ends = np.concatenate(([0], so_far))[self.histories.indptr[1:]]
        ages: Float32Array = (ends[self.histories.rows] - so_far).astype(np.float32)
        ages[chosen] = self.take(chosen).ages
        moments = self._moments
        of_moment = np.full(int(moments.max(initial=-1)) + 1, np.float32(nan))
        of_moment[moments[chosen]] = ages[chosen]
        shared = of_moment[moments]
        ages = np.where(np.isnan(shared), ages, shared)
        frozen(ages)
        return ages

    @property
    def _moments(self) -> Int64Array:
        """(n_interactions,) ascending numbers, the same for what a person did at one moment.

        Where the time is not known, all of it is one moment.
        """
        unknown, rows = np.isnan(self.times), self.histories.rows
        together = (self.times[1:] == self.times[:-1]) | (unknown[1:] & unknown[:-1])
        together &= rows[1:] == rows[:-1]
        return np.cumsum(np.concatenate((np.zeros(min(1, len(rows)), dtype=np.bool_), ~together)))

    def drawn_order(self, seed: int) -> Int64Array:
        """(n_interactions,) places: what one person did at one moment, or at no known, is mixed.

        Nobody knows which of it came first. It is stored by item, and whoever learns from order, or
        holds out the last of a history, would take that for how people choose.
        """
        moments = self._moments
        drawn = np.random.default_rng(seed).random(len(moments))
        order = np.arange(len(moments), dtype=np.int64)
        # what nothing else happened at the same moment as stays where it is: mostly nearly all
        same = np.zeros(len(moments) + 1, dtype=np.bool_)
        same[1:-1] = moments[1:] == moments[:-1]
        tied = np.flatnonzero(same[1:] | same[:-1])
        order[tied] = tied[np.lexsort((drawn[tied], moments[tied]))]
        return order

    def shuffled(self, seed: int) -> People:
        """The same people with their interactions in `drawn_order`."""
        order = self.drawn_order(seed)
        histories = replace(
            self.histories, items=self.histories.items[order], values=self.histories.values[order]
        )
        return replace(
            self,
            histories=histories,
            times=self.times[order],
            kinds=self.kinds[order],
            weights=self.weights[order],
        )

    def matrix(self, weights: Float32Array | None = None) -> csr_array:
        """The histories as a sparse (n_people, n_items) float32 matrix; repetitions are summed.

        Args:
            weights: (n_interactions,) float32, one for each interaction; the kinds' weights
                where not given.
        """
        from scipy.sparse import csr_array  # a fifth of the whole import, and not always needed

        histories = self.histories
        data = self.weights if weights is None else weights
        shape = (len(self), histories.n_items)
        parts = (data.copy(), histories.items.copy(), histories.indptr.copy())
        matrix = csr_array(parts, shape=shape, dtype=np.float32)
        matrix.sum_duplicates()
        return matrix

    def presence(self) -> csr_array:
        """A sparse (n_people, n_items) float32 matrix: 1 where the person had to do with the item.

        Interactions whose kind has no positive weight do not count.
        """
        matrix = self.matrix((self.weights > 0).astype(np.float32))
        matrix.eliminate_zeros()
        matrix.data[:] = 1.0
        return matrix

    def own_items(self) -> BoolArray:
        """(n_people, n_items) bool: the items of each history's newest `OWN_INTERACTIONS`."""
        histories = self.histories
        own = np.zeros((len(self), histories.n_items), dtype=np.bool_)
        newest = histories.ages < OWN_INTERACTIONS
        own[histories.rows[newest], histories.items[newest]] = True
        return own

    def take(self, keep: BoolArray, n_items: int | None = None) -> People:
        """The same people with only the interactions of which `keep` (n_interactions,) is true."""
        histories = self.histories
        counts = np.bincount(histories.rows[keep], minlength=len(self))
        shorter = Histories(
            np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            histories.items[keep],
            histories.values[keep],
            histories.n_items if n_items is None else n_items,
        )
        parts = (self.times[keep], self.kinds[keep], self.weights[keep])
        return People(shorter, *parts, features=self.features, now=self.now)

    def without_times(self) -> People:
        """The same people as if no time were known."""
        return replace(self, times=np.full(len(self.times), np.nan))

    def newest(self, length: int) -> People:
        """The same people with only the newest `length` interactions of each."""
        return self.take(self.histories.ages < length)

    def among(self, n_items: int) -> People:
        """The same people with only the interactions with the first `n_items` items."""
        if n_items == self.n_items:
            return self
        return self.once(
            ("among", n_items), lambda: self.take(self.histories.items < n_items, n_items)
        )

    def select(self, rows: Int64Array) -> People:
        """The people of the given rows, in that order, with their whole histories."""
        histories = self.histories
        lengths = histories.lengths[rows]
        indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        offsets = np.arange(indptr[-1], dtype=np.int64) - np.repeat(indptr[:-1], lengths)
        source = np.repeat(histories.indptr[:-1][rows], lengths) + offsets
        chosen = Histories(
            indptr, histories.items[source], histories.values[source], histories.n_items
        )
        features = {
            name: tuple(values[row] for row in rows) for name, values in self.features.items()
        }
        return People(
            chosen, self.times[source], self.kinds[source], self.weights[source], features, self.now
        )
