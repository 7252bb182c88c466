"""Declared features of people as numbers, for networks that look at them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from tastemaker import Int32Array, Int64Array, Items, People
from tastemaker_plugins.content.terms import number_edges, term_hash

COMPANY = 3
"""So many people must share a value for it to be learnt: a model tells nothing of single people."""

MOST = 16
"""Values looked at of one person, at most."""


@dataclass(frozen=True)
class Features:
    """The values of declared features that are known, and how people are read.

    Attributes:
        values: (n_values,) int64, ascending hashes; the value at position p has the number p + 1.
        edges: the borders of the steps of each feature whose values are numbers.
    """

    values: Int64Array
    edges: Mapping[str, Sequence[float]]

    @classmethod
    def of(cls, people: People) -> Self:
        """The values that at least `COMPANY` of the people have."""
        nameless = ("",) * len(people)
        edges = number_edges(Items(nameless, nameless, nameless, people.features))
        found = [value for row in range(len(people)) for value in set(_hashes(people, row, edges))]
        values, counts = np.unique(np.array(found, dtype=np.int64), return_counts=True)
        return cls(values[counts >= COMPANY], edges)

    def __len__(self) -> int:
        return len(self.values)

    def read(self, people: People) -> Int32Array:
        """(len(people), n_columns) int32 numbers of their values, 0 where there are no more."""
        known = {int(value): number for number, value in enumerate(self.values, start=1)}
        rows: list[list[int]] = [
            [known[value] for value in _hashes(people, row, self.edges) if value in known][:MOST]
            for row in (range(len(people)) if known and people.features else ())
        ]
        widest = max(map(len, rows), default=0)
        numbers = np.zeros((len(people), widest), dtype=np.int32)
        for row, found in enumerate(rows):
            numbers[row, : len(found)] = found
        return numbers


def _hashes(people: People, row: int, edges: Mapping[str, Sequence[float]]) -> Iterator[int]:
    for name, column in people.features.items():
        for value in filter(None, column[row]):
            yield term_hash(_term(name, value, edges.get(name)))


def _term(name: str, value: str, edges: Sequence[float] | None) -> str:
    if edges is not None:
        try:
            return f"{name}#{bisect_right(edges, float(value))}"
        except ValueError:
            pass
    return f"{name}={value.casefold()}"
