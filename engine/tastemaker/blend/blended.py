"""Some items of each person, with their scores and what makes them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.blend.ragged import pad_width, stack_rows
from tastemaker.data import BoolArray, Float32Array, Int64Array, frozen
from tastemaker.data.top_k import top_k_places


@dataclass(frozen=True)
class Blended:
    """Some items of each person, with their scores and what each member contributed.

    Attributes:
        items: (n, width) int64 item indexes.
        valid: (n, width) which places hold an item.
        totals: (n, width) float32 the sum of the contributions; -inf where not valid.
        contributions: (n_members, n, width) float32; 0 where a member abstained.
    """

    items: Int64Array
    valid: BoolArray
    totals: Float32Array
    contributions: Float32Array

    def __post_init__(self) -> None:
        for array in (self.items, self.valid, self.totals, self.contributions):
            frozen(array)

    def best(self, k: int) -> Blended:
        """The `k` items of each person with the highest totals, best first.

        Among equal totals the lower item index comes first.
        """
        order = top_k_places(self.totals, k)
        rows = np.arange(len(order))[:, None]
        parts = (self.items[rows, order], self.valid[rows, order], self.totals[rows, order])
        return Blended(*parts, self.contributions[:, rows, order])

    def select(self, rows: Int64Array) -> Blended:
        """The people of the given rows, in that order."""
        return Blended(
            self.items[rows], self.valid[rows], self.totals[rows], self.contributions[:, rows]
        )

    def part(self, first: int, last: int) -> Blended:
        """The places from `first` on, and before `last`; fewer where there are no more."""
        places = slice(first, last)
        return Blended(
            self.items[:, places],
            self.valid[:, places],
            self.totals[:, places],
            self.contributions[:, :, places],
        )

    def with_part(self, added: Float32Array) -> Blended:
        """The same with one more contribution (n, width) to the totals, in the same order."""
        contributions = np.concatenate((self.contributions, added[np.newaxis]))
        return Blended(self.items, self.valid, self.totals + added, contributions)

    def beside(self, then: Blended) -> Blended:
        """The same people's items of this one, and then those of the other."""
        return Blended(
            np.concatenate((self.items, then.items), axis=1),
            np.concatenate((self.valid, then.valid), axis=1),
            np.concatenate((self.totals, then.totals), axis=1),
            np.concatenate((self.contributions, then.contributions), axis=2),
        )

    def padded(self, width: int) -> Blended:
        """The same with at least so many places; those at the end hold nothing."""
        return Blended(
            pad_width(self.items, width),
            pad_width(self.valid, width),
            pad_width(self.totals, width, -np.inf),
            pad_width(self.contributions, width),
        )


def stack_people(parts: Sequence[Blended]) -> Blended:
    """The people of all the parts, one part after the other."""
    return Blended(
        stack_rows([part.items for part in parts]),
        stack_rows([part.valid for part in parts]),
        stack_rows([part.totals for part in parts], -np.inf),
        stack_rows([part.contributions for part in parts]),
    )
