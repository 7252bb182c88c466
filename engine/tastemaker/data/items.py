"""Items as recommenders see them, by index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tastemaker.data.arrays import Int64Array
from tastemaker.data.columns import FrozenMapping, TextColumn, Values
from tastemaker.data.merged_attributes import merged_columns

AttributeColumns = Mapping[str, Sequence[Values]]
"""For each attribute, the values of every item."""


class StoredAttributes(AttributeColumns):
    """The attributes of items as the store has them, read when one is first used.

    Most workers never do: only filters and the training of content recommenders do.

    Attributes:
        rows: each item's attributes, as they are stored.
        read: makes columns of them.
    """

    def __init__(self, rows: TextColumn, read: Callable[[Sequence[str]], AttributeColumns]) -> None:
        self.rows = rows
        self.read = read

    @cached_property
    def _columns(self) -> AttributeColumns:
        return self.read(self.rows)

    def __getitem__(self, name: str) -> Sequence[Values]:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def merged(self, others: StoredAttributes, places: Int64Array) -> StoredAttributes:
        """Of these rows and then the others those in the given places, in that order.

        What was read of these rows is not read again.
        """
        merged = StoredAttributes(self.rows.merged(others.rows, places), self.read)
        if "_columns" in vars(self):
            columns = merged_columns(self._columns, others._columns, len(others.rows), places)
            if columns is not None:
                vars(merged)["_columns"] = columns
        return merged

    def __repr__(self) -> str:
        return f"StoredAttributes({len(self.rows)} items)"


@dataclass(frozen=True)
class Items:
    """Items in the order of their index.

    Attributes:
        ids: the application's ids.
        titles: a title each; empty where there is none.
        texts: a longer text each; empty where there is none.
        attributes: for each attribute, the values of every item (numbers as text).
    """

    ids: Sequence[str]
    titles: Sequence[str]
    texts: Sequence[str]
    attributes: AttributeColumns = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.attributes, dict):
            object.__setattr__(self, "attributes", FrozenMapping(self.attributes))

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> Items:
        own = self.attributes
        attributes: AttributeColumns = (
            StoredAttributes(own.rows.part(part), own.read)
            if isinstance(own, StoredAttributes)
            else {name: values[part] for name, values in own.items()}
        )
        return Items(
            _part(self.ids, part), _part(self.titles, part), _part(self.texts, part), attributes
        )

    def joined(self, others: Items) -> Items:
        """These items and then the others."""
        own, new = self.attributes, others.attributes
        attributes: AttributeColumns
        if isinstance(own, StoredAttributes) and isinstance(new, StoredAttributes):
            attributes = StoredAttributes(own.rows.joined(new.rows), own.read)
        else:
            unknown: tuple[tuple[Values, ...], ...] = (((),) * len(self), ((),) * len(others))
            attributes = {
                name: (*own.get(name, unknown[0]), *new.get(name, unknown[1]))
                for name in sorted({*own, *new})
            }
        return Items(
            _joined(self.ids, others.ids),
            _joined(self.titles, others.titles),
            _joined(self.texts, others.texts),
            attributes,
        )

    def merged(self, others: Items, places: Int64Array) -> Items:
        """Of these items and then the others those in the given places, in that order."""
        own, new = self.attributes, others.attributes
        if not (isinstance(own, StoredAttributes) and isinstance(new, StoredAttributes)):
            return self.joined(others).taken(places)
        return Items(
            _merged(self.ids, others.ids, places),
            _merged(self.titles, others.titles, places),
            _merged(self.texts, others.texts, places),
            own.merged(new, places),
        )

    def taken(self, places: Int64Array) -> Items:
        """The items in the given places, in that order."""
        own = self.attributes
        rows = places.tolist()
        attributes: AttributeColumns = (
            StoredAttributes(own.rows.taken(places), own.read)
            if isinstance(own, StoredAttributes)
            else {name: tuple(map(values.__getitem__, rows)) for name, values in own.items()}
        )
        return Items(
            _taken(self.ids, places),
            _taken(self.titles, places),
            _taken(self.texts, places),
            attributes,
        )


def _part(texts: Sequence[str], part: slice) -> Sequence[str]:
    return texts.part(part) if isinstance(texts, TextColumn) else texts[part]


def _joined(texts: Sequence[str], others: Sequence[str]) -> Sequence[str]:
    return texts.joined(others) if isinstance(texts, TextColumn) else (*texts, *others)


def _merged(texts: Sequence[str], others: Sequence[str], places: Int64Array) -> Sequence[str]:
    if isinstance(texts, TextColumn):
        return texts.merged(others, places)
    return _taken(_joined(texts, others), places)


def _taken(texts: Sequence[str], places: Int64Array) -> Sequence[str]:
    if isinstance(texts, TextColumn):
        return texts.taken(places)
    return tuple(map(texts.__getitem__, places.tolist()))
