"""Held-out cases: people with part of their history, and what they went on to choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from tastemaker.blend import KNOTS
from tastemaker.data import BoolArray, Int64Array, People, sample_rows
from tastemaker.holdout.splits import Split

BLOCK_PEOPLE = 128
"""How many people are scored at once, at most; of many items, fewer. Chosen, not measured."""

BLOCK_SCORES = 8_000_000
"""How many scores all members together give at once: bounds the memory. Chosen, not measured."""


@dataclass(frozen=True)
class SampleSize:
    """How many people of a fold are scored.

    Attributes:
        full: at most so many have their whole history shown.
        truncated: at most so many for each length that histories are truncated to, of known and of
            new people.
    """

    full: int
    truncated: int


LEARNING = SampleSize(1000, 250)
"""What a blend learns from. Chosen, not measured."""

MANY_PEOPLE = 5_000
"""Of more people who have something held out, so many are drawn before histories are truncated, of
known ones and of new ones: several times what is learnt from. On 5 million interactions of 34,000
people truncating everybody's took minutes. The number was chosen, not measured."""


@dataclass(frozen=True)
class HeldOutCases:
    """People as members may see them, what must not be shown, and what is relevant.

    Attributes:
        people: with the histories that members see.
        seen: sparse (n, n_items) bool, what each had before; it is neither shown nor relevant.
        chosen: sparse (n, n_items) bool, what each went on to choose; `seen` has precedence.
        repeats: whether what the histories show may come again: then `seen` has none of it.
    """

    people: People
    seen: csr_array
    chosen: csr_array
    repeats: bool = False

    def __len__(self) -> int:
        return len(self.people)

    @property
    def n_relevant(self) -> Int64Array:
        """(n,) how many items each went on to choose that they had not had before."""
        return np.asarray((self.chosen > self.seen).sum(axis=1), dtype=np.int64).ravel()

    def select(self, rows: Int64Array) -> HeldOutCases:
        """The people of the given rows, in that order."""
        return replace(
            self, people=self.people.select(rows), seen=self.seen[rows], chosen=self.chosen[rows]
        )

    def with_repeats(self) -> HeldOutCases:
        """The same people where what the members see that they had chosen may come again.

        What was cut from their histories may not: to the members it would be new.
        """
        return replace(self, seen=self.seen > self.people.presence().astype(np.bool_), repeats=True)

    def sample(self, most: int, rng: np.random.Generator) -> HeldOutCases:
        """At most so many people, drawn at random; nothing is drawn where there are no more."""
        if len(self) <= most:
            return self
        return self.select(sample_rows(len(self), most, rng))

    def with_relevant_items(self) -> HeldOutCases:
        """Only the people who went on to choose something that they had not had before."""
        return self.select(np.flatnonzero(self.n_relevant))

    def sampled_with_repeats(self, most: int, rng: np.random.Generator) -> HeldOutCases:
        """The same sample as without repeats, and after it those who only chose what they knew.

        Of these as large a share, as they are left out where seen items may not come again.
        """
        new = self.n_relevant > 0
        again = ~new & (self.with_repeats().n_relevant > 0)
        rows, others = np.flatnonzero(new), np.flatnonzero(again)
        drawn = rows if len(rows) <= most else rows[sample_rows(len(rows), most, rng)]
        share = len(drawn) / len(rows) if len(rows) else 1.0
        further = min(round(share * len(others)), most)
        # of a generator of its own: what else is drawn stays what it is without repeats
        apart = np.random.default_rng(len(others))
        return self.select(
            np.concatenate((drawn, others[sample_rows(len(others), further, apart)]))
        )

    def blocks(self, n_members: int = 1) -> Iterator[HeldOutCases]:
        """The people in parts of as many as may be scored at once by so many members."""
        scores = max(self.people.n_items * n_members, 1)
        size = max(1, min(BLOCK_PEOPLE, BLOCK_SCORES // scores))
        for first in range(0, len(self), size):
            yield self.select(np.arange(first, min(first + size, len(self))))


def full_history_cases(people: People, split: Split, repeats: bool = False) -> HeldOutCases:
    """Everyone of whom something is held out, with all of the history that is known, if any.

    Args:
        people: all histories.
        split: what is known of them, and what they are to choose.
        repeats: whether what they had chosen before may come again.
    """
    return _with_relevant(_full_histories(people, split), repeats)


def truncated_cases(
    people: People, split: Split, length: int, repeats: bool = False
) -> tuple[HeldOutCases, HeldOutCases]:
    """The same with histories of at most the given length: known people, and new people.

    Known people have only the newest interactions that are known. New people, of whom nothing is
    known, have the first of those held out, and are to choose the rest.
    """
    known, new = _truncated_histories(people, split, length)
    return _with_relevant(known, repeats), _with_relevant(new, repeats)


def _with_relevant(cases: HeldOutCases, repeats: bool) -> HeldOutCases:
    return (cases.with_repeats() if repeats else cases).with_relevant_items()


def _full_histories(people: People, split: Split) -> HeldOutCases:
    return _cases(people, split.known, split.known, split.held_out)


def _truncated_histories(
    people: People, split: Split, length: int
) -> tuple[HeldOutCases, HeldOutCases]:
    histories = people.histories
    n_known = np.bincount(histories.rows[split.known], minlength=len(people))
    shown = split.known & (_places_from_end(people, split.known) < length)
    known_people = _cases(people, shown, split.known, split.held_out)
    known_people = known_people.select(np.flatnonzero(n_known > length))
    fresh = split.held_out & (n_known == 0)[histories.rows]
    first = fresh & (_places(people, fresh) < length)
    return known_people, _cases(people, first, first, fresh & ~first)


def blend_cases(
    people: People,
    split: Split,
    seed: int = 0,
    size: SampleSize = LEARNING,
    repeats: bool = False,
) -> Iterator[HeldOutCases]:
    """What a blend learns from: whole histories, then some truncated to each knot of the curve.

    Args:
        people: all histories.
        split: what is known of them, and what they are to choose.
        seed: what people are drawn by.
        size: how many of them.
        repeats: whether those are there too who only chose again what they had chosen before; they
            come last in each group.
    """
    rng = np.random.default_rng(seed)
    people, split = _fewer_people(people, split, rng)
    yield _sampled(_full_histories(people, split), size.full, rng, repeats)
    for length in KNOTS[:-1]:
        for cases in _truncated_histories(people, split, length):
            yield _sampled(cases, size.truncated, rng, repeats)


def _sampled(
    cases: HeldOutCases, most: int, rng: np.random.Generator, repeats: bool
) -> HeldOutCases:
    if repeats:
        return cases.sampled_with_repeats(most, rng)
    return cases.with_relevant_items().sample(most, rng)


def _fewer_people(people: People, split: Split, rng: np.random.Generator) -> tuple[People, Split]:
    """Some of those who have something held out, where there are many, and the split of theirs."""
    rows = people.histories.rows
    tested = np.bincount(rows[split.held_out], minlength=len(people)) > 0
    known = np.bincount(rows[split.known], minlength=len(people)) > 0
    groups = [np.flatnonzero(tested & known), np.flatnonzero(tested & ~known)]
    if all(len(group) <= MANY_PEOPLE for group in groups):
        return people, split
    drawn = np.sort(
        np.concatenate([group[sample_rows(len(group), MANY_PEOPLE, rng)] for group in groups])
    )
    marked = np.zeros(len(people), dtype=np.bool_)
    marked[drawn] = True
    theirs = marked[rows]
    own = Split(split.known[theirs], split.held_out[theirs], split.description)
    return people.select(drawn), own


def _cases(people: People, shown: BoolArray, seen: BoolArray, chosen: BoolArray) -> HeldOutCases:
    chosen = chosen & (people.weights > 0)
    return HeldOutCases(people.take(shown), _marks(people, seen), _marks(people, chosen))


def _marks(people: People, which: BoolArray) -> csr_array:
    """Sparse (n_people, n_items) bool: the items of some of the interactions."""
    part = people.take(which)
    return part.matrix(np.ones(len(part.times), dtype=np.float32)).astype(np.bool_)


def _places(people: People, which: BoolArray) -> Int64Array:
    """(n_interactions,) how many of a person's marked interactions came before each."""
    before: Int64Array = np.cumsum(which) - which
    return np.asarray(before - before[people.histories.indptr[:-1][people.histories.rows]])


def _places_from_end(people: People, which: BoolArray) -> Int64Array:
    """(n_interactions,) how many of a person's marked interactions come after each."""
    counts = np.bincount(people.histories.rows[which], minlength=len(people))
    return np.asarray(counts[people.histories.rows] - 1 - _places(people, which))
