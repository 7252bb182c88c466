"""The words and attributes of items as short vectors, known before anybody has chosen them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from tastemaker import Float32Array, Int32Array, Items
from tastemaker_plugins.neural.texts import Vocabulary
from tastemaker_plugins.shared.half_precision import Vectors, halved, whole
from tastemaker_plugins.shared.truncated_svd import truncated_svd

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CONTENT_SIZE, CONTENT_WORDS = 64, 32
"""Size of the vector of an item's content, and how many of its words are read for it; chosen, not
measured."""


@dataclass(frozen=True)
class ItemContent:
    """Latent semantic analysis: items by what their words and attribute values have in common.

    A word's weight in an item is log((1 + n) / df), where df of n items have it; the vector is its
    projection on the strongest directions of all items, with length 1.

    Deerwester, S., et al.: Indexing by latent semantic analysis. JASIS 41(6), 1990.

    Attributes:
        vocabulary: the words it knows.
        projection: (n_words + 1, size) float32; the first row is that of padding, all zeros.
    """

    vocabulary: Vocabulary
    projection: Vectors

    @classmethod
    def of(cls, items: Items, size: int, max_words: int, length: int, seed: int) -> Self:
        """Learns from the items which words go together.

        Args:
            items: what to read.
            size: of a vector.
            max_words: how many words to know, at most.
            length: words read of each item, at most.
            seed: see `truncated_svd`.
        """
        vocabulary = Vocabulary.of(items, max_words, length)
        words = _word_presence(vocabulary.read(items), len(vocabulary) + 1)
        frequency = np.bincount(words.indices, minlength=len(vocabulary) + 1)
        rarity = np.log((1 + len(items)) / np.maximum(frequency, 1)).astype(np.float32)
        weighted = words.copy()
        weighted.data *= rarity[words.indices]
        _, directions = truncated_svd(weighted, size, seed)
        projection = np.zeros((len(rarity), size), dtype=np.float32)
        projection[:, : directions.shape[1]] = rarity[:, np.newaxis] * directions
        projection[0] = 0
        return cls(vocabulary, projection)

    def read(self, items: Items) -> Float32Array:
        """(len(items), size) float32 of length 1; zeros for items without a known word."""
        words = _word_presence(self.vocabulary.read(items), len(self.projection))
        vectors = np.asarray(words @ whole(self.projection), dtype=np.float32)
        norms = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
        scaled: Float32Array = vectors / np.maximum(norms, 1e-9)
        return scaled

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `restored` needs, as arrays."""
        return {**self.vocabulary.arrays(), "projection": halved(self.projection)}

    def values(self) -> dict[str, Any]:
        """What `restored` needs, as JSON values."""
        return self.vocabulary.values()

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], values: Mapping[str, Any]) -> Self:
        """The content whose `arrays` and `values` were taken."""
        return cls(Vocabulary.restored(arrays, values), arrays["projection"])


def _word_presence(texts: Int32Array, n_words: int) -> csr_array:
    """Sparse (n_texts, n_words) float32: 1 for each word that stands in the text."""
    from scipy.sparse import csr_array

    rows, columns = np.nonzero(texts)
    ones = np.ones(len(rows), dtype=np.float32)
    presence = csr_array((ones, (rows, texts[rows, columns])), shape=(len(texts), n_words))
    presence.sum_duplicates()
    presence.data[:] = 1
    return presence
