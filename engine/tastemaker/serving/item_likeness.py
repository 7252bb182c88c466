"""What items are like: vectors by a member of the release, and by what items have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tastemaker.blend import WeightCurve
from tastemaker.data import BoolArray, Float32Array, Int64Array, Items
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.recommender import Recommender
from tastemaker.reranking import attribute_vectors, unit_length


@dataclass(frozen=True)
class ItemLikeness:
    """Vectors of items: half of what a member learnt of who chose them, half of their attributes.

    With both halves, lists came out less alike at the same quality than with either alone. Where
    there are no attributes, or no member has vectors, the other half is all.

    Attributes:
        members: those that know vectors of items; the first that gives any counts.
        items: the catalogue, for its attributes.
    """

    members: tuple[GuardedRecommender, ...]
    items: Items

    @classmethod
    def of(
        cls, members: Sequence[GuardedRecommender], curve: WeightCurve, items: Items
    ) -> ItemLikeness:
        """From the members of a release, those of the greatest weight first.

        Args:
            members: all of them.
            curve: their weights.
            items: the catalogue.
        """
        weights = dict(zip(curve.members, curve.weights.mean(axis=0).tolist(), strict=True))
        able = [
            member
            for member in members
            if type(member.recommender).item_vectors is not Recommender.item_vectors
        ]
        ranked = sorted(able, key=lambda member: (-weights.get(member.name, 0.0), member.name))
        return cls(tuple(ranked), items)

    @cached_property
    def _by_attributes(self) -> Float32Array | None:
        return attribute_vectors(self.items)

    def vectors(self, items: Int64Array, valid: BoolArray) -> Float32Array | None:
        """(n, width, size) float32 of length 1 or less, zeros where not known; None for none.

        Args:
            items: (n, width) int64 indexes.
            valid: (n, width) which of them count.
        """
        halves = [own for own in (self._learnt(items), self._described(items)) if own is not None]
        if not halves:
            return None
        together = halves[0]
        if len(halves) > 1:
            together = np.concatenate(halves, axis=2) * np.float32(np.sqrt(0.5))
        return np.asarray(together * valid[:, :, np.newaxis], dtype=np.float32)

    def _learnt(self, items: Int64Array) -> Float32Array | None:
        for member in self.members:
            found, _ = member.item_vectors(items.ravel())
            if found is not None:
                return unit_length(found.reshape(*items.shape, found.shape[1]))
        return None

    def _described(self, items: Int64Array) -> Float32Array | None:
        return None if self._by_attributes is None else self._by_attributes[items]
