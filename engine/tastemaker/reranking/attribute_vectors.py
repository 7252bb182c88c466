"""Vectors of items made of their attributes, for where no recommender has any."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from tastemaker.data import Float32Array, Items, ValuesColumn

SIGNS = 64
"""Numbers of a vector. Two items that share nothing have a cosine of about 0 +- 1/8."""

MOST_DISTINCT = 10_000
"""An attribute of more different values tells single items apart, not sorts of items. Chosen, not
measured."""


def attribute_vectors(items: Items) -> Float32Array | None:
    """(n_items, SIGNS) float32 of length 1, of zeros without attributes; None if there are none.

    Every value of an attribute stands for a vector of random signs, and an item for the sum of
    its values: the cosine of two items estimates the share of values that they have in common.

    Achlioptas, D.: Database-friendly random projections. PODS 2001.
    """
    vectors = np.zeros((len(items), SIGNS), dtype=np.float32)
    for name, column in items.attributes.items():
        coded = column if isinstance(column, ValuesColumn) else ValuesColumn.of(column)
        if len(coded.distinct) <= MOST_DISTINCT:
            vectors += _vectors_of_values(name, coded.distinct)[coded.codes]
    if not vectors.any():
        return None
    return unit_length(vectors)


def unit_length(vectors: Float32Array) -> Float32Array:
    """(…, size) float32 the vectors brought to length 1; those of zeros stay."""
    lengths = np.sqrt(np.einsum("...k,...k->...", vectors, vectors))[..., np.newaxis]
    unit: Float32Array = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit


def _vectors_of_values(attribute: str, distinct: Sequence[Sequence[str]]) -> Float32Array:
    """(n_distinct, SIGNS) float32 the sum of the signs of each tuple of values."""
    sums = [sum((_signs(attribute, value) for value in values), _NOTHING) for values in distinct]
    return np.array(sums, dtype=np.float32).reshape(-1, SIGNS)


def _signs(attribute: str, value: str) -> Float32Array:
    named = f"{len(attribute)} {attribute} {value}".encode(errors="surrogatepass")
    digest = blake2b(named, digest_size=SIGNS // 8).digest()
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))
    return np.asarray(2.0 * bits - 1.0, dtype=np.float32)


_NOTHING = np.zeros(SIGNS, dtype=np.float32)
