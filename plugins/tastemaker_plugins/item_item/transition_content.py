"""Transitions times content: what people chose soon after an item and is like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tastemaker import (
    Float32Array,
    Int32Array,
    Progress,
    Recommender,
    TrainingData,
    hookimpl,
    setting,
)
from tastemaker_plugins.item_item.transition import (
    TransitionSettings,
    at_known_times,
    following_shares,
)
from tastemaker_plugins.shared.linked import Linked
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.neighbours import SOURCES, strongest
from tastemaker_plugins.shared.recency import HistorySettings, half_life_setting
from tastemaker_plugins.shared.term_vectors import TermVectors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_FOLLOWING = 300
"""Items that follow an item most and are compared with it: it bounds the time. Chosen, not
measured."""

MAX_TERMS = 200_000
"""Terms kept at most, those of the most items."""


@dataclass(frozen=True)
class TransitionContentSettings(TransitionSettings):
    """The settings of `transition-content`."""

    half_life: float = half_life_setting(2.0)
    floor: float = setting(
        0.02,
        "Added to the likeness of every two items, so that what follows counts a little though it "
        "is not alike.",
        low=0.0,
        high=1.0,
    )


class TransitionContent(Linked):
    """Transitions times content: what follows an item counts as much as it is like it.

    With T of `transition` and the vectors v of `TermVectors`, of length 1,
    link(a, b) = T[a, b] * (floor + v(a) . v(b));
    score(u, b) = sum over the history a of recency(a) * link(a, b). No sum of what follows and
    what is alike ranks so. Without times, and where no item has terms, everything scores NaN.
    """

    name: ClassVar[str] = "transition-content"
    family: ClassVar[str] = "hybrid"
    because: ClassVar[str] = "often follows {items} and is like it"
    summary: ClassVar[str] = "What people chose soon after an item and is like it"
    settings_type: ClassVar[type[HistorySettings]] = TransitionContentSettings
    settings: TransitionContentSettings

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts what follows what, and compares the two."""
        shares = following_shares(data, self.settings, progress)
        _, vectors = TermVectors.fitted(data.items, MAX_TERMS)
        parts = [strongest(shares[:0], self.settings.neighbours)]
        for first in range(0, data.n_items, SOURCES):
            progress(first, data.n_items, "likeness")
            follows = strongest(shares[first : first + SOURCES], MOST_FOLLOWING)
            links = self._times_likeness(*follows, vectors, first)
            parts.append(strongest(links, self.settings.neighbours))
        items, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
        known = np.bincount(at_known_times(data.people).histories.items, minlength=data.n_items) > 0
        self.links = Links.kept(items, weights, known & bool(vectors.nnz))
        return self

    def _times_likeness(
        self, items: Int32Array, weights: Float32Array, vectors: csr_array, first: int
    ) -> csr_array:
        """Sparse (n, n_items): what follows some items, times likeness.

        Args:
            items: (n, k) what follows each.
            weights: (n, k) how much; 0 for padding.
            vectors: sparse (n_items, n_terms), the terms of all items.
            first: the first of the items; the others come after it.
        """
        from scipy.sparse import csr_array

        sources = np.repeat(np.arange(first, first + len(items)), items.shape[1])
        common = vectors[sources].multiply(vectors[items.ravel()])
        likeness = np.asarray(common.sum(axis=1), dtype=np.float32).reshape(items.shape)
        likeness += np.float32(self.settings.floor)
        ends = np.arange(len(items) + 1) * items.shape[1]
        shape = (len(items), vectors.shape[0])
        return csr_array(((weights * likeness).ravel(), items.ravel(), ends), shape=shape)


@hookimpl
def tastemaker_recommenders(register: Callable[[type[Recommender]], object]) -> None:
    """Registers `transition-content`."""
    register(TransitionContent)
