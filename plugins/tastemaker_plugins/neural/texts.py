"""Items as short rows of word numbers, for networks that read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int32Array, Int64Array, Items
from tastemaker_plugins.shared.half_precision import Vectors, gathered
from tastemaker_plugins.shared.terms import (
    Edges,
    attribute_terms,
    number_edges,
    term_hash,
    words_of,
)

PADDING = 0
"""The number that stands where a text has ended; the words begin at 1."""

READ_SHARE = 0.95
"""Texts are truncated for training where this share of them has ended; chosen, not measured."""


@dataclass(frozen=True)
class Vocabulary:
    """The words that a network knows, and how it reads items.

    An item is read as its title, its attributes ("colour=red", or the step of a number) and its
    text, in that order, so that what is truncated matters least. Unknown words are left out.

    Attributes:
        words: (n_words,) int64, ascending hashes of the words; the word at position p has the
            number p + 1.
        edges: the borders of the steps of each number attribute.
        length: words read of each item, at most.
    """

    words: Int64Array
    edges: Edges
    length: int

    @classmethod
    def of(cls, items: Items, max_words: int, length: int) -> Self:
        """The most frequent words of the items.

        Args:
            items: what to read.
            max_words: how many words to know, at most.
            length: words read of each item, at most.
        """
        edges = number_edges(items.attributes)
        counts: Counter[str] = Counter()
        for row in range(len(items)):
            counts.update(set(_words(items, row, edges)))
        # of equally frequent ones the alphabet decides, so that the same items give the same words
        ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:max_words]
        known = {term_hash(word) for word, _ in ranked}
        return cls(np.array(sorted(known), dtype=np.int64), edges, length)

    def __len__(self) -> int:
        return len(self.words)

    def read(self, items: Items) -> Int32Array:
        """(len(items), length) int32: the numbers of the items' words, then `PADDING`."""
        numbers = {int(word): number for number, word in enumerate(self.words, start=1)}
        seen: dict[str, int] = {}
        texts = np.zeros((len(items), self.length), dtype=np.int32)
        for row in range(len(items)):
            known: list[int] = []
            for word in _words(items, row, self.edges):
                if word not in seen:
                    seen[word] = numbers.get(term_hash(word), PADDING)
                if seen[word]:
                    known.append(seen[word])
            texts[row, : len(known)] = known[: self.length]
        return texts

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `restored` needs, as arrays."""
        return {"words": self.words}

    def values(self) -> dict[str, Any]:
        """What `restored` needs, as JSON values."""
        edges = {name: list(borders) for name, borders in self.edges.items()}
        return {"edges": edges, "length": self.length}

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], values: Mapping[str, Any]) -> Self:
        """The vocabulary whose `arrays` and `values` were taken."""
        return cls(arrays["words"], values["edges"], values["length"])


def truncated(texts: Int32Array, share: float = 1.0) -> Int32Array:
    """The texts without the columns that are padding in all of them, or in the given share.

    So a network learns without reading a hundred words for the sake of one item's.
    """
    counts = np.count_nonzero(texts, axis=1)
    longest = int(np.quantile(counts[counts > 0], share)) if counts.any() else 1
    return texts[:, :longest]


def averages(words: Vectors, texts: Int32Array) -> Float32Array:
    """(n_texts, size) float32: the mean of the vectors of each text's words; 0 where it has none.

    Args:
        words: (n_words + 1, size) the vector of each word, that of `PADDING` first.
        texts: (n_texts, length) the numbers of the words, then `PADDING`.
    """
    means = np.zeros((len(texts), words.shape[1]), dtype=np.float32)
    for column in truncated(texts).T:
        means += gathered(words, column) * (column != PADDING)[:, np.newaxis]
    counts = np.count_nonzero(texts, axis=1).astype(np.float32)
    means /= np.maximum(counts, 1)[:, np.newaxis]
    return means


def _words(items: Items, row: int, edges: Edges) -> Iterator[str]:
    yield from words_of(items.titles[row])
    yield from attribute_terms(items, row, edges)
    yield from words_of(items.texts[row])
