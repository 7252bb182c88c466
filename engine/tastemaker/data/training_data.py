"""What a recommender learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.data.items import Items
from tastemaker.data.people import People


@dataclass(frozen=True)
class TrainingData:
    """Everything a recommender may learn from.

    Attributes:
        items: all items, in the order of their index.
        people: everyone's history.
        kinds: the names of the kinds of interaction, by index.
        seed: what anything random must start from.
        support: how many people something learnt from who chose what must rest on, such as a link
            between two items; 1 where a single person is enough.
    """

    items: Items
    people: People
    kinds: Sequence[str] = ("interaction",)
    seed: int = 0
    support: int = 1

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return len(self.items)
