"""What members score for some people: a few candidates of each, or everything that may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from tastemaker.blend import (
    Blended,
    Candidates,
    WeightCurve,
    blend_candidates,
    blend_scores,
)
from tastemaker.data import NAN, BoolArray, Float32Array, Int64Array, People
from tastemaker.serving.exploration import InsertableItems
from tastemaker.serving.retrieving import CandidateItems


class Scorer(Protocol):
    """A member of a blend."""

    @property
    def name(self) -> str:
        """What it is called."""

    def score(self, people: People) -> tuple[Float32Array | None, str]:
        """(n, n_items) float32 scores of all items, or None and the problem."""

    def score_items(self, people: People, items: Int64Array) -> tuple[Float32Array | None, str]:
        """(n, width) float32 scores of some items, or None and the problem."""


class Stage(Protocol):
    """What members score for some people, and how the best of it are found."""

    @property
    def people(self) -> People:
        """Whom it is about."""

    def scores_by(self, member: Scorer) -> tuple[Float32Array | None, str]:
        """(n, width) float32 one member's scores, or None and the problem."""

    def select(self, rows: Int64Array, new: InsertableItems | None) -> Stage:
        """The same for the people of the given rows, with new items of theirs to insert."""

    def lacks(self, scores: Sequence[Float32Array]) -> bool:
        """Whether somebody has an item that no member scored; a scan does not look for any."""

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then new ones to insert, if any are.

        Args:
            scores: what `scores_by` gave for each member of the curve, in its order.
            curve: the weights.
            k: how many items.
        """


@dataclass(frozen=True)
class CandidateStage:
    """The second of two stages: members score what the retrievers found.

    Attributes:
        people: whom it is about.
        candidates: what was found.
        further: what follows it, where long lists are wanted.
        new: items of which some follow in the places after the best.
    """

    people: People
    candidates: CandidateItems
    further: CandidateItems
    new: InsertableItems | None = None

    def select(self, rows: Int64Array, new: InsertableItems | None) -> CandidateStage:
        """The same for the people of the given rows, with new items of theirs to insert."""
        return CandidateStage(
            self.people.select(rows), self.candidates.select(rows), self.further.select(rows), new
        )

    @cached_property
    def _items(self) -> Int64Array:
        return joined_items(self.candidates, self.further, self.new)

    def scores_by(self, member: Scorer) -> tuple[Float32Array | None, str]:
        """(n, width) float32 one member's scores, or None and the problem."""
        return member.score_items(self.people, self._items)

    def lacks(self, scores: Sequence[Float32Array]) -> bool:
        """Whether somebody has an item that no member scored."""
        missing: BoolArray | None = None
        for own in scores:
            unscored = np.isnan(own)
            if not np.count_nonzero(unscored):
                return False
            missing = unscored if missing is None else missing & unscored
        if missing is None:
            return True
        parts = [self.candidates.valid, self.further.valid]
        parts += [] if self.new is None else [self.new.eligible]
        return bool((missing & np.concatenate(parts, axis=1)).any())

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then new ones to insert, if any are."""
        block, lengths = np.array(scores), self.people.histories.lengths
        first, second = self.candidates.width, self.candidates.width + self.further.width
        further = inserted = None
        if self.further.width:
            further = as_candidates(self.further, block[:, :, first:second])
        if self.new is not None:
            scores_of_new = block[:, :, second:]
            columns = self.new.draw(scores_of_new, curve, lengths)
            inserted = chosen_candidates(self.new.items, scores_of_new, columns)
        found = as_candidates(self.candidates, block[:, :, :first])
        return blend_candidates(found, curve, lengths, k, further, inserted)


@dataclass(frozen=True)
class EligibleStage:
    """One stage, where few items may be shown: members score all of those.

    Attributes:
        people: whom it is about.
        eligible: what may be shown.
        new: items of which some follow in the places after the best.
        own: (n, n_items) items that are candidates whoever retrieves, if there are such.
    """

    people: People
    eligible: CandidateItems
    new: InsertableItems | None = None
    own: BoolArray | None = None

    def select(self, rows: Int64Array, new: InsertableItems | None) -> EligibleStage:
        """The same for the people of the given rows, with new items of theirs to insert."""
        own = None if self.own is None else self.own[rows]
        return EligibleStage(self.people.select(rows), self.eligible.select(rows), new, own)

    @cached_property
    def _items(self) -> Int64Array:
        return joined_items(self.eligible, self.new)

    def scores_by(self, member: Scorer) -> tuple[Float32Array | None, str]:
        """(n, width) float32 one member's scores, or None and the problem."""
        return member.score_items(self.people, self._items)

    def lacks(self, scores: Sequence[Float32Array]) -> bool:
        """True: every member is to score."""
        return True

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then new ones to insert, if any are."""
        lengths, hidden, inserted = self.people.histories.lengths, ~self.eligible.valid, None
        if self.new is not None:
            first = self.eligible.width
            columns = self.new.draw(np.array(scores)[:, :, first:], curve, lengths)
            inserted = np.where(columns >= 0, first + columns, -1)
            hidden = np.concatenate((hidden, np.ones_like(self.new.eligible)), axis=1)
        own = None if self.own is None else np.take_along_axis(self.own, self._items, axis=1)
        best = blend_scores(scores, hidden, curve, lengths, k, inserted, own)
        items = np.take_along_axis(self._items, best.items, axis=1)
        return Blended(items * best.valid, best.valid, best.totals, best.contributions)


@dataclass(frozen=True)
class ScanStage:
    """One stage: members score the whole catalogue.

    Attributes:
        people: whom it is about.
        excluded: (n, n_items) what must not be shown.
        new: items of which some follow in the places after the best.
        own: (n, n_items) items that are candidates whoever retrieves, if there are such.
    """

    people: People
    excluded: BoolArray
    new: InsertableItems | None = None
    own: BoolArray | None = None

    def select(self, rows: Int64Array, new: InsertableItems | None) -> ScanStage:
        """The same for the people of the given rows, with new items of theirs to insert."""
        own = None if self.own is None else self.own[rows]
        return ScanStage(self.people.select(rows), self.excluded[rows], new, own)

    def scores_by(self, member: Scorer) -> tuple[Float32Array | None, str]:
        """(n, n_items) float32 one member's scores, or None and the problem."""
        return member.score(self.people)

    def lacks(self, scores: Sequence[Float32Array]) -> bool:
        """True: every member is to score."""
        return True

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then new ones to insert, if any are."""
        lengths, inserted = self.people.histories.lengths, None
        if self.new is not None:
            block = np.array([np.take_along_axis(own, self.new.items, axis=1) for own in scores])
            columns = self.new.draw(block, curve, lengths)
            items = np.take_along_axis(self.new.items, columns, axis=1)
            inserted = np.where(columns >= 0, items, -1)
        return blend_scores(scores, self.excluded, curve, lengths, k, inserted, self.own)


def joined_items(*parts: CandidateItems | InsertableItems | None) -> Int64Array:
    """(n, width) the items of all parts, beside each other."""
    wide = [part.items for part in parts if part is not None and part.items.shape[1]]
    if len(wide) == 1:
        return wide[0]
    items = [part.items for part in parts if part is not None]
    return np.concatenate(items, axis=1)


def as_candidates(items: CandidateItems, values: Float32Array) -> Candidates:
    """The items with the members' scores (n_members, n, width) of them."""
    if not items.valid.all():
        values = np.where(items.valid, values, NAN)
    return Candidates(items.items, items.valid, values)


def chosen_candidates(items: Int64Array, scores: Float32Array, columns: Int64Array) -> Candidates:
    """Some columns (n, width) of items (n, n_items) and of their scores; -1 for none."""
    valid = columns >= 0
    places = np.where(valid, columns, 0)
    chosen = np.where(valid, np.take_along_axis(items, places, axis=1), 0)
    values = np.take_along_axis(scores, places[np.newaxis], axis=2)
    return Candidates(chosen, valid, np.where(valid, values, NAN))
