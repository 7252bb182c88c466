"""Items as bags of terms: words, pairs of words, attribute values, and numbers in steps."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from tastemaker import Items

WORD = re.compile(r"[^\W_]+")
STEPS = 10
"""Into how many steps of equal size the values of a number attribute are cut."""

Edges = Mapping[str, Sequence[float]]
Values = tuple[str, ...]


def bags(items: Items, edges: Edges) -> list[Counter[int]]:
    """How often each term stands in each item; terms are 64-bit hashes of their text.

    Args:
        items: the items.
        edges: for each number attribute, the borders of its steps.
    """
    return [Counter(map(term_hash, _terms(items, row, edges))) for row in range(len(items))]


def number_edges(items: Items) -> dict[str, list[float]]:
    """The borders that cut each number attribute of items into steps: see `column_edges`."""
    return column_edges(items.attributes)


def column_edges(columns: Mapping[str, Sequence[Values]]) -> dict[str, list[float]]:
    """The borders that cut each column of numbers into steps holding as many each.

    A column is of numbers if nine in ten of its values are, and more of them differ than there
    are steps; what is not a number in it stays a word.
    """
    edges = {}
    for name, column in columns.items():
        found = np.array([_number(value) for values in column for value in values if value])
        numbers = found[np.isfinite(found)]
        if len(numbers) >= 0.9 * len(found) and len(np.unique(numbers)) > STEPS:
            cuts = np.quantile(numbers, np.arange(1, STEPS) / STEPS)
            edges[name] = [float(cut) for cut in np.unique(cuts)]
    return edges


def term_hash(term: str) -> int:
    """A signed 64-bit number for a term, the same on every machine."""
    digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _terms(items: Items, row: int, edges: Edges) -> Iterator[str]:
    for text in (items.titles[row], items.texts[row]):
        words = WORD.findall(text.casefold())
        yield from words
        yield from (f"{first} {second}" for first, second in pairwise(words))
    for name, column in items.attributes.items():
        for value in filter(None, column[row]):
            yield attribute_term(name, value, edges.get(name))


def attribute_term(name: str, value: str, edges: Sequence[float] | None) -> str:
    """The term for one value of an attribute: the step it falls in, where it has `edges`."""
    number = _number(value)
    if edges is None or not np.isfinite(number):
        return f"{name}={value.casefold()}"
    return f"{name}#{bisect_right(edges, number)}"


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")
