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

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then those inserted, if any are.

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
        inserted: items that follow in the places after the best.
    """

    people: People
    candidates: CandidateItems
    further: CandidateItems
    inserted: CandidateItems

    def select(self, rows: Int64Array) -> CandidateStage:
        """The same for the people of the given rows."""
        return CandidateStage(
            self.people.select(rows),
            self.candidates.select(rows),
            self.further.select(rows),
            self.inserted.select(rows),
        )

    @cached_property
    def _items(self) -> Int64Array:
        return joined_items(self.candidates, self.further, self.inserted)

    def scores_by(self, member: Scorer) -> tuple[Float32Array | None, str]:
        """(n, width) float32 one member's scores, or None and the problem."""
        return member.score_items(self.people, self._items)

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then those inserted, if any are."""
        block = np.stack(scores)
        first, second = self.candidates.width, self.candidates.width + self.further.width
        return blend_candidates(
            as_candidates(self.candidates, block[:, :, :first]),
            curve,
            self.people.histories.lengths,
            k,
            as_candidates(self.further, block[:, :, first:second]) if self.further.width else None,
            as_candidates(self.inserted, block[:, :, second:]) if self.inserted.width else None,
        )


@dataclass(frozen=True)
class EligibleStage:
    """One stage, where few items may be shown: members score all of those.

    Attributes:
        people: whom it is about.
        eligible: what may be shown.
        inserted: items that follow in the places after the best.
        own: (n, n_items) items that are candidates whoever retrieves, if there are such.
    """

    people: People
    eligible: CandidateItems
    inserted: CandidateItems
    own: BoolArray | None = None

    @cached_property
    def _items(self) -> Int64Array:
        return joined_items(self.eligible, self.inserted)

    def scores_by(self, member: Scorer) -> tuple[Float32Array | None, str]:
        """(n, width) float32 one member's scores, or None and the problem."""
        return member.score_items(self.people, self._items)

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then those inserted, if any are."""
        lengths = self.people.histories.lengths
        hidden = np.concatenate((~self.eligible.valid, np.ones_like(self.inserted.valid)), axis=1)
        after = np.arange(self.eligible.width, hidden.shape[1])
        inserted = np.where(self.inserted.valid, after, -1) if self.inserted.width else None
        own = self.own
        if own is not None:
            own = np.take_along_axis(own, self._items, axis=1)
        best = blend_scores(scores, hidden, curve, lengths, k, inserted, own)
        items = np.take_along_axis(self._items, best.items, axis=1)
        return Blended(items * best.valid, best.valid, best.totals, best.contributions)


@dataclass(frozen=True)
class ScanStage:
    """One stage: members score the whole catalogue.

    Attributes:
        people: whom it is about.
        excluded: (n, n_items) what must not be shown.
        inserted: items that follow in the places after the best.
        own: (n, n_items) items that are candidates whoever retrieves, if there are such.
    """

    people: People
    excluded: BoolArray
    inserted: CandidateItems
    own: BoolArray | None = None

    def select(self, rows: Int64Array) -> ScanStage:
        """The same for the people of the given rows."""
        return ScanStage(
            self.people.select(rows),
            self.excluded[rows],
            self.inserted.select(rows),
            None if self.own is None else self.own[rows],
        )

    def scores_by(self, member: Scorer) -> tuple[Float32Array | None, str]:
        """(n, n_items) float32 one member's scores, or None and the problem."""
        return member.score(self.people)

    def blended(self, scores: Sequence[Float32Array], curve: WeightCurve, k: int) -> Blended:
        """The best `k` items of each person; then those inserted, if any are."""
        lengths = self.people.histories.lengths
        own = self.inserted
        inserted = np.where(own.valid, own.items, -1) if own.width else None
        return blend_scores(scores, self.excluded, curve, lengths, k, inserted, self.own)


def joined_items(*parts: CandidateItems) -> Int64Array:
    """(n, width) the items of all parts, beside each other."""
    wide = [part.items for part in parts if part.width]
    if len(wide) == 1:
        return wide[0]
    return np.concatenate([part.items for part in parts], axis=1)


def as_candidates(items: CandidateItems, values: Float32Array) -> Candidates:
    """The items with the members' scores (n_members, n, width) of them."""
    if not items.valid.all():
        values = np.where(items.valid, values, NAN)
    return Candidates(items.items, items.valid, values)
