"""The base of recommenders that score a history by each item's strongest links."""

from __future__ import annotations

from typing import ClassVar, Self

from tastemaker import Float32Array, Int64Array, People, Recommender, State
from tastemaker_plugins.shared.dense_links import DenseLinks
from tastemaker_plugins.shared.links import Links
from tastemaker_plugins.shared.recency import HistorySettings, recency


class Linked(Recommender):
    """score(u, i) = sum over the history j of recency(j) * link(j, i); `fit` finds the links."""

    settings_type: ClassVar[type[HistorySettings]] = HistorySettings
    settings: HistorySettings
    links: Links | DenseLinks

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for unknown items and empty histories."""
        return self.links.spread(people, self._recency(people))

    def score_items(self, people: People, items: Int64Array) -> Float32Array:
        """(len(people), width) float32: the same for some items of each person."""
        return self.links.score_items(people, self._recency(people), items)

    def retrieve(self, people: People, k: int) -> Int64Array:
        """(len(people), k) int64: the items that the history's links lead to, best first."""
        return self.links.retrieve(people, self._recency(people), k)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """(n_interactions, width) what each interaction adds to the items' scores."""
        return self.links.reasons(people, self._recency(people), items)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the weights of the item's links, 0 for items it has no link to."""
        return self.links.row(item_index)

    def state(self) -> State:
        """The links and the half-life."""
        links = self.links.state()
        return State(links.arrays, {**links.values, "half_life": self.settings.half_life})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(cls.settings_type.from_values(state.values))
        whole = "places" in state.arrays
        restored.links = (DenseLinks if whole else Links).restored(state)
        return restored

    def _recency(self, people: People) -> Float32Array:
        return recency(people, self.settings.half_life)
