"""Items and declared features as terms: words, pairs of words, values, and numbers in steps."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from tastemaker import Items, People

WORD = re.compile(r"[^\W_]+")

NUMBER_STEPS = 10
"""Into how many steps of equal size the values of a number attribute are sorted; chosen, not
measured."""

Edges: TypeAlias = Mapping[str, Sequence[float]]
"""For each column of numbers, the borders of its steps."""


def term_counts(items: Items, edges: Edges) -> list[Counter[int]]:
    """How often each term stands in each item; terms are 64-bit hashes of their text.

    Args:
        items: the items.
        edges: for each number attribute, the borders of its steps.
    """
    return [Counter(map(term_hash, _terms(items, row, edges))) for row in range(len(items))]


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return WORD.findall(text.casefold())


def number_edges(columns: Mapping[str, Sequence[tuple[str, ...]]]) -> dict[str, list[float]]:
    """The borders that sort each column of numbers into steps holding as many values each.

    A column is of numbers if nine in ten of its values are, and more of them differ than there
    are steps; what is not a number in it stays a word.

    Args:
        columns: for each attribute or feature, the values of every item or person.
    """
    edges = {}
    for name, column in columns.items():
        found = np.array([_number(value) for values in column for value in values if value])
        numbers = found[np.isfinite(found)]
        if len(numbers) >= 0.9 * len(found) and len(np.unique(numbers)) > NUMBER_STEPS:
            borders = np.quantile(numbers, np.arange(1, NUMBER_STEPS) / NUMBER_STEPS)
            edges[name] = [float(border) for border in np.unique(borders)]
    return edges


def term_hash(term: str) -> int:
    """A signed 64-bit number for a term, the same on every machine."""
    digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def attribute_terms(items: Items, row: int, edges: Edges) -> Iterator[str]:
    """The terms of an item's attributes, in the order of the attributes."""
    for name, column in items.attributes.items():
        for value in filter(None, column[row]):
            yield value_term(name, value, edges.get(name))


def feature_terms(people: People, edges: Edges) -> list[list[int]]:
    """The hashes of the terms that each person's declared features stand for, in their order."""
    hashes: dict[tuple[str, str], int] = {}
    found: list[list[int]] = [[] for _ in range(len(people))]
    for name, column in people.features.items():
        for row, values in enumerate(column):
            for value in filter(None, values):
                if (name, value) not in hashes:
                    hashes[name, value] = term_hash(value_term(name, value, edges.get(name)))
                found[row].append(hashes[name, value])
    return found


def value_term(name: str, value: str, edges: Sequence[float] | None) -> str:
    """The term for one value: the step it falls in, where it is a number and there are `edges`."""
    number = _number(value)
    if edges is None or not np.isfinite(number):
        return f"{name}={value.casefold()}"
    return f"{name}#{bisect_right(edges, number)}"


def _terms(items: Items, row: int, edges: Edges) -> Iterator[str]:
    for text in (items.titles[row], items.texts[row]):
        words = words_of(text)
        yield from words
        yield from (f"{first} {second}" for first, second in pairwise(words))
    yield from attribute_terms(items, row, edges)


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")
