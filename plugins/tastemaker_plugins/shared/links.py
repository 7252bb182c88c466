"""Sparse item-item models: each item's few strongest links, and scoring histories by them."""

from __future__ import annotations

from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from tastemaker import BoolArray, Float32Array, Int32Array, Int64Array, People, State
from tastemaker_plugins.shared.followed_links import FollowedLinks
from tastemaker_plugins.shared.half_precision import WHOLE
from tastemaker_plugins.shared.halves import as_halves, widened


class Links:
    """Each known item's strongest links, padded to the same number with links of weight 0.

    Args:
        items: (n_known, k) int32, where each link leads; a row for each known item, in their order.
        weights: (n_known, k) float16 or float32, how strong it is.
        known: (n_items,) bool, items seen in training; the others cannot be scored.
        unit: what all weights have to be multiplied by.

    Attributes:
        places: (n_items,) int32 each item's row in the links; -1 for unknown items.
        unknown: (n_unknown,) int64 the unknown items.
    """

    def __init__(
        self,
        items: Int32Array,
        weights: npt.NDArray[np.floating],
        known: BoolArray,
        unit: float = 1.0,
    ) -> None:
        self.items, self.weights, self.known, self.unit = items, weights, known, unit
        self.places = np.cumsum(known, dtype=np.int32)
        self.places *= known
        self.places -= 1
        self.unknown = np.flatnonzero(~known)

    @classmethod
    def kept(cls, items: Int32Array, weights: Float32Array, known: BoolArray) -> Self:
        """The links of all items as they are kept: float16, without the rows of unknown items.

        Args:
            items: (n_items, k) where each link leads.
            weights: (n_items, k) how strong it is.
            known: (n_items,) items seen in training.
        """
        halves, unit = as_halves(weights[known])
        return cls(items[known], halves, known, unit)

    def spread(self, people: People, weights: Float32Array) -> Float32Array:
        """Scores every item: each interaction passes its weight along its item's links.

        Args:
            people: whose histories.
            weights: (n_interactions,) float32.

        Returns:
            (len(people), n_items) float32; NaN for unknown items, and for people whose history
            has no known item of positive weight.
        """
        return FollowedLinks(self, people, weights).scores

    def score_items(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: what `spread` gives some items (len(people), width)."""
        return self._followed(people, weights).score_items(items)

    def reasons(self, people: People, weights: Float32Array, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the scores of some items."""
        return self._followed(people, weights).reasons(items)

    def retrieve(self, people: People, weights: Float32Array, k: int) -> Int64Array:
        """(len(people), k) the items of the highest scores above 0, best first; -1 for none."""
        return self._followed(people, weights).retrieve(k)

    def _followed(self, people: People, weights: Float32Array) -> FollowedLinks:
        # it keeps the weights, so that as long as it is there no other array has their id
        return people.once((self, id(weights)), lambda: FollowedLinks(self, people, weights))

    @cached_property
    def _few_weights(self) -> Float32Array | None:
        """The weights as float32, multiplied by their unit; None where they are many."""
        if self.weights.size > WHOLE:
            return None
        return widened(self.weights) * np.float32(self.unit)

    def followed_from(
        self, places: Int32Array, amounts: Float32Array
    ) -> tuple[Int32Array, Float32Array]:
        """(n, k) where the links of some items lead, and what passes along each.

        Args:
            places: (n,) the items' rows in the links; -1 for unknown items.
            amounts: (n,) float32 what passes along the links of each; 0 of unknown items.
        """
        if not len(self.items):
            nothing = np.zeros((len(places), self.items.shape[1]), dtype=np.int32)
            return nothing, nothing.astype(np.float32)
        few = self._few_weights
        if few is None:
            passed = widened(self.weights.take(places, axis=0))
            passed *= (amounts * np.float32(self.unit))[:, np.newaxis]
        else:
            passed = few.take(places, axis=0)  # -1 takes the last row, times 0
            passed *= amounts[:, np.newaxis]
        return self.items.take(places, axis=0), passed

    def row(self, item_index: int) -> Float32Array:
        """(n_items,) the links of one item; NaN for unknown items."""
        result = np.full(len(self.known), np.nan, dtype=np.float32)
        if self.known[item_index]:
            place = self.places[item_index]
            links = widened(self.weights[place]) * self.unit
            result[:] = np.bincount(self.items[place], links, len(self.known))
            result[self.unknown] = np.nan
        return result

    def state(self) -> State:
        """Everything that `restored` needs."""
        arrays = {"items": self.items, "weights": self.weights, "known": self.known}
        return State(arrays, {"unit": self.unit})

    @classmethod
    def restored(cls, state: State) -> Self:
        """The links whose state was taken; other entries of it do not matter."""
        items, weights, known = (state.arrays[name] for name in ("items", "weights", "known"))
        if len(items) == len(known) and not known.all():
            # version 0.1 has a row of unknown items too
            items, weights = items[known], weights[known]
        return cls(items, weights, known, float(str(state.values.get("unit", 1.0))))
