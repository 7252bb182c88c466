"""Columns of many short values, kept compactly and read like tuples.

A million Python texts cost some 60 bytes each beside what they say, and as much again in pointers
that every worker has for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar, overload

import numpy as np

from tastemaker.data.arrays import Int32Array, Int64Array, frozen

T = TypeVar("T")

Values = tuple[str, ...]
"""The values of one attribute of one item or person; empty where it is not known."""

Buffer = bytes | memoryview


class Column(Sequence[T], Generic[T]):
    """A sequence that is equal to any other of the same values; parts of it are tuples."""

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        if isinstance(place, slice):
            return tuple(map(self._at, range(*place.indices(len(self)))))
        # Of a range, since it counts from the end and refuses what is outside.
        return self._at(range(len(self))[place])

    def __iter__(self) -> Iterator[T]:
        return map(self._at, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]  # equal to tuples, which hash otherwise

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} values)"

    def _at(self, place: int) -> T:
        raise NotImplementedError


class FrozenMapping(Mapping[str, T], Generic[T]):
    """A mapping that nobody can write to, and equal to any other of the same entries."""

    def __init__(self, entries: Mapping[str, T]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"FrozenMapping({len(self)} entries)"


class TextColumn(Column[str]):
    """Texts, one after the other in UTF-8, decoded where they are read.

    Attributes:
        data: all texts.
        stops: (n,) int64 where in `data` each ends; each begins where the one before it ends.
    """

    def __init__(self, data: Buffer, stops: Int64Array) -> None:
        self.data = data
        self.stops = stops
        frozen(stops)

    @classmethod
    def of(cls, texts: Iterable[str]) -> TextColumn:
        """A column of any texts."""
        encoded = [text.encode(errors="surrogatepass") for text in texts]
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        return cls(b"".join(encoded), np.cumsum(lengths, dtype=np.int64))

    @classmethod
    def together(cls, columns: Sequence[TextColumn]) -> TextColumn:
        """Columns one after the other as one."""
        before = np.cumsum([0, *(len(one.data) for one in columns)])
        stops = [one.stops + start for one, start in zip(columns, before, strict=False)]
        empty = np.zeros(0, dtype=np.int64)
        return cls(b"".join(one.data for one in columns), np.concatenate((empty, *stops)))

    def __len__(self) -> int:
        return len(self.stops)

    def _at(self, place: int) -> str:
        start = self.stops.item(place - 1) if place else 0
        return str(self.data[start : self.stops.item(place)], "utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        start, data = 0, self.data
        for stop in self.stops.tolist():
            yield str(data[start:stop], "utf-8", "surrogatepass")
            start = stop

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TextColumn):
            return np.array_equal(self.stops, other.stops) and self.data == other.data
        return super().__eq__(other)

    __hash__ = None  # as above

    def several(self, places: Int64Array) -> list[str]:
        """The texts in the given places, none of them below 0."""
        starts = np.where(places > 0, self.stops.take(places - 1, mode="wrap"), 0).tolist()
        stops, data = self.stops.take(places).tolist(), self.data
        pairs = zip(starts, stops, strict=True)
        return [str(data[start:stop], "utf-8", "surrogatepass") for start, stop in pairs]

    def part(self, places: slice) -> TextColumn:
        """A part of the texts, which stays where it is."""
        start, stop, step = places.indices(len(self))
        if step != 1 or start >= stop:
            return TextColumn.of(self[places])
        first = int(self.stops[start - 1]) if start else 0
        data = memoryview(self.data)[first : self.stops[stop - 1]]
        return TextColumn(data, self.stops[start:stop] - first)

    def joined(self, others: Sequence[str]) -> TextColumn:
        """These texts and then the others."""
        last = others if isinstance(others, TextColumn) else TextColumn.of(others)
        return TextColumn.together((self, last))

    def taken(self, places: Int64Array) -> TextColumn:
        """The texts in the given places, in that order."""
        return self.merged((), places)

    def merged(self, others: Sequence[str], places: Int64Array) -> TextColumn:
        """Of these texts and then the others those in the given places, in that order.

        Texts that stand side by side in both are copied together: a few changes among many cost
        little more than the bytes.
        """
        if not len(places):
            return TextColumn.of(())
        last = others if isinstance(others, TextColumn) else TextColumn.of(others)
        stops = np.concatenate((self.stops, last.stops + len(self.data)))
        starts = np.concatenate((np.zeros(1, dtype=np.int64), stops[:-1]))
        is_other = places >= len(self)
        breaks = np.flatnonzero((np.diff(places) != 1) | (np.diff(is_other)))
        firsts = places[np.concatenate(([0], breaks + 1))]
        lasts = places[np.concatenate((breaks, [len(places) - 1]))]
        own, new, before = memoryview(self.data), memoryview(last.data), len(self.data)
        parts = [
            new[start - before : stop - before] if is_new else own[start:stop]
            for start, stop, is_new in zip(
                starts[firsts].tolist(),
                stops[lasts].tolist(),
                (firsts >= len(self)).tolist(),
                strict=True,
            )
        ]
        return TextColumn(b"".join(parts), np.cumsum((stops - starts)[places]))


RARE = 8
"""An attribute that less than one item in so many has is kept for those alone: less memory than
a number for each item. Chosen, not measured."""


class ValuesColumn(Column[Values]):
    """The values of one attribute of every item: each different tuple once, and who has which.

    Attributes:
        distinct: the different tuples.
        codes: (n,) int32 which of them each item has.
    """

    def __init__(self, distinct: tuple[Values, ...], codes: Int32Array) -> None:
        self.distinct = distinct
        self.codes = codes
        frozen(codes)

    @classmethod
    def of(cls, column: Iterable[Values]) -> ValuesColumn:
        """A column of any values."""
        codes: dict[Values, int] = {}
        coded = [codes.setdefault(values, len(codes)) for values in column]
        return cls(tuple(codes), np.array(coded, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.codes)

    def _at(self, place: int) -> Values:
        return self.distinct[self.codes[place]]


class RareValues(ValuesColumn):
    """The values of an attribute that few items have: nothing is kept of the others.

    Attributes:
        rows: (n_known,) int32 the items that have any, ascending.
    """

    def __init__(
        self, n: int, rows: Int32Array, distinct: tuple[Values, ...], codes: Int32Array
    ) -> None:
        self._n = n
        self.rows = rows
        self.distinct = distinct
        self._known = codes

    @classmethod
    def at(cls, n: int, values: Mapping[int, Values]) -> RareValues:
        """A column of n items, of which some, given in their order, have values."""
        places: dict[Values, int] = {(): 0}
        coded = [places.setdefault(own, len(places)) for own in values.values()]
        rows = np.fromiter(values, np.int32, len(values))
        return cls(n, rows, tuple(places), np.array(coded, dtype=np.int32))

    @property
    def codes(self) -> Int32Array:  # type: ignore[override]  # made where it is asked for
        """(n,) int32 which of the different tuples each item has."""
        dense = np.zeros(self._n, dtype=np.int32)
        dense[self.rows] = self._known
        return dense

    def __len__(self) -> int:
        return self._n

    def _at(self, place: int) -> Values:
        found = int(np.searchsorted(self.rows, place))
        if found < len(self.rows) and self.rows[found] == place:
            return self.distinct[self._known[found]]
        return ()

    def __iter__(self) -> Iterator[Values]:
        return map(self.distinct.__getitem__, self.codes.tolist())


def _same(one: object, other: object) -> bool:
    return one == other
