"""What items are like: vectors by a member of the release, or by what the items have in common."""

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
    """Vectors of items, from the first source that has any.

    Attributes:
        members: those that know vectors of items, the best source first.
        items: the catalogue, whose attributes stand in where no member knows.
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
        """(n, width, size) float32 of length 1, zeros where not known; None if there are none.

        Args:
            items: (n, width) int64 indexes.
            valid: (n, width) which of them count.
        """
        for member in self.members:
            found, _ = member.item_vectors(items.ravel())
            if found is not None:
                shaped = found.reshape(*items.shape, found.shape[1])
                return unit_length(shaped * valid[:, :, np.newaxis])
        if self._by_attributes is None:
            return None
        return np.asarray(self._by_attributes[items] * valid[:, :, np.newaxis])
