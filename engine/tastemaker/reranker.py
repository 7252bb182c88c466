"""The contract every re-ranker keeps, the engine's own and any other alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from tastemaker.data import BoolArray, Float32Array, Int64Array, Items, People, frozen
from tastemaker.settings import Settings

DEFAULT_ORDER = 50
"""Where a re-ranker takes its turn unless it says otherwise. Chosen, not measured."""


@dataclass(frozen=True)
class RankedItems:
    """The best items of some people, as a re-ranker gets them: arrays that it must not change.

    Lists are of uneven length: a row is filled up at its end, and `valid` tells where.

    Attributes:
        people: whose lists these are, with what is known about them.
        items: (n, width) int64 item indexes, the highest score first; 0 where not valid.
        valid: (n, width) bool which places hold an item.
        scores: (n, width) float32 what the items score so far; 0 where not valid.
        catalogue: all items by index: ids, titles, texts and attributes.
        k: how many places matter: those behind may be left in any order. What is added to the
            items of the first places must be the same for any larger `k`, because a list that is
            continued on the next page must not change.
        vectors: (n, width, size) float32, a vector for each item, of length 1, or less where less
            is known of it; the product of two tells how alike the items are, 1 at most. Only for
            re-rankers that declare `uses_vectors`, and None if nothing tells what items are like.
    """

    people: People
    items: Int64Array
    valid: BoolArray
    scores: Float32Array
    catalogue: Items
    k: int
    vectors: Float32Array | None = None

    def __post_init__(self) -> None:
        for array in (self.items, self.valid, self.scores, self.vectors):
            if array is not None:
                frozen(array)

    def __len__(self) -> int:
        return len(self.items)


class Reranker(ABC):
    """Changes the order of people's lists, by what it adds to the scores of the items.

    A subclass states `name` and gives `adjust`. After it the lists are sorted by the adjusted
    scores; of equal scores the former order counts. What it adds is a part of its own in the
    explanation, under its name.

    Attributes:
        name: unique among all plugins, in kebab-case: "fresh-first".
        summary: what it is, in one line for `tastemaker plugins list`; the first line of the
            class's docstring where empty.
        former_names: names it had before: stored configurations that name one of them mean it.
        because: why it puts an item first, in words for the person; nothing is said where empty.
        settings_type: the dataclass of its settings.
        order: when it takes its turn: lower numbers come first, and equal ones by name. What comes
            later sees, and may undo, what came before. Diversity has 90.
        uses_features: whether `adjust` looks at `people.features`; nobody else is given any.
        uses_vectors: whether `adjust` looks at `vectors`; they are only made if so.
        settings: the settings it was made with.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    former_names: ClassVar[tuple[str, ...]] = ()
    because: ClassVar[str] = ""
    settings_type: ClassVar[type[Settings]] = Settings
    order: ClassVar[int] = DEFAULT_ORDER
    uses_features: ClassVar[bool] = False
    uses_vectors: ClassVar[bool] = False
    settings: Settings

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = self.settings_type() if settings is None else settings

    @abstractmethod
    def adjust(self, lists: RankedItems) -> Float32Array:
        """(n, width) float32: what is added to the score of each item; 0 leaves it as it is.

        Finite: no item can be taken out here, rules do that. What stands where a list has ended
        does not matter. A person's row must not depend on who else is in the batch. May be called
        from several threads at once, and changes nothing.
        """
