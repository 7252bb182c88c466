"""Items as recommenders see them, by index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tastemaker.data.arrays import Int64Array

Values = tuple[str, ...]
"""The values of one attribute of one item or person; empty where it is not known."""


@dataclass(frozen=True)
class Items:
    """Items in the order of their index.

    Attributes:
        ids: the application's ids.
        titles: a title each; empty where there is none.
        texts: a longer text each; empty where there is none.
        attributes: for each attribute, the values of every item (numbers as text).
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    texts: tuple[str, ...]
    attributes: Mapping[str, tuple[Values, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> Items:
        attributes = {name: values[part] for name, values in self.attributes.items()}
        return Items(self.ids[part], self.titles[part], self.texts[part], attributes)

    def joined(self, others: Items) -> Items:
        """These items and then the others."""
        names = sorted({*self.attributes, *others.attributes})
        unknown: tuple[tuple[Values, ...], ...] = (((),) * len(self), ((),) * len(others))
        attributes = {
            name: self.attributes.get(name, unknown[0]) + others.attributes.get(name, unknown[1])
            for name in names
        }
        return Items(
            self.ids + others.ids,
            self.titles + others.titles,
            self.texts + others.texts,
            attributes,
        )

    def taken(self, places: Int64Array) -> Items:
        """The items in the given places, in that order."""
        rows = places.tolist()
        return Items(
            tuple(map(self.ids.__getitem__, rows)),
            tuple(map(self.titles.__getitem__, rows)),
            tuple(map(self.texts.__getitem__, rows)),
            {name: tuple(map(own.__getitem__, rows)) for name, own in self.attributes.items()},
        )
