"""The base of recommenders that score a history by each item's strongest links."""

from __future__ import annotations

from typing import ClassVar, Self

from tastemaker import Float32Array, People, Recommender, State
from tastemaker_plugins.shared.neighbours import Neighbours
from tastemaker_plugins.shared.recency import HistorySettings, recency


class Linked(Recommender):
    """score(u, i) = sum over the history j of recency(j) * link(j, i); `fit` finds the links."""

    settings_type: ClassVar[type[HistorySettings]] = HistorySettings
    settings: HistorySettings
    links: Neighbours

    def score(self, people: People) -> Float32Array:
        """(len(people), n_items) float32; NaN for unknown items and empty histories."""
        return self.links.spread(people, recency(people, self.settings.half_life))

    def reasons(self, people: People, item_index: int) -> Float32Array:
        """(n_interactions,) what each interaction adds to the item's score."""
        weights = recency(people, self.settings.half_life)
        return self.links.shares(people, weights, item_index)

    def similar(self, item_index: int) -> Float32Array:
        """(n_items,) the weights of the item's links, 0 for items it has no link to."""
        return self.links.row(item_index)

    def state(self) -> State:
        """The links and the half-life."""
        return State(self.links.arrays(), {"half_life": self.settings.half_life})

    @classmethod
    def restore(cls, state: State) -> Self:
        """A recommender that scores as the one whose `state` was taken."""
        restored = cls(cls.settings_type.from_values(state.values))
        restored.links = Neighbours.of(state.arrays)
        return restored
