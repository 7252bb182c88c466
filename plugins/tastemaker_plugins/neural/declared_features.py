"""Declared features of people as numbers, for networks that look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tastemaker import Int32Array, Int64Array, People
from tastemaker_plugins.shared.terms import Edges, feature_terms, number_edges

MIN_PEOPLE = 3
"""So many people must share a value for it to be known: a model reveals nothing of single
people."""

MOST_VALUES = 16
"""Values looked at of one person, at most."""


@dataclass(frozen=True)
class DeclaredFeatures:
    """The values of declared features that are known, and how people are read.

    Attributes:
        values: (n_values,) int64, ascending hashes; the value at position p has the number p + 1.
        edges: the borders of the steps of each feature whose values are numbers.
    """

    values: Int64Array
    edges: Edges

    @classmethod
    def of(cls, people: People) -> Self:
        """The values that at least `MIN_PEOPLE` of the people have."""
        edges = number_edges(people.features)
        found = [value for terms in feature_terms(people, edges) for value in set(terms)]
        values, counts = np.unique(np.array(found, dtype=np.int64), return_counts=True)
        return cls(values[counts >= MIN_PEOPLE], edges)

    def __len__(self) -> int:
        return len(self.values)

    def read(self, people: People) -> Int32Array:
        """(len(people), n_columns) int32 numbers of their values, 0 where there are no more."""
        known = {int(value): number for number, value in enumerate(self.values, start=1)}
        terms = feature_terms(people, self.edges) if known else [[] for _ in range(len(people))]
        rows = [[known[value] for value in own if value in known][:MOST_VALUES] for own in terms]
        widest = max(map(len, rows), default=0)
        numbers = np.zeros((len(people), widest), dtype=np.int32)
        for row, found in enumerate(rows):
            numbers[row, : len(found)] = found
        return numbers
