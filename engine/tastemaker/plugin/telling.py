"""Guarded calls of what recommenders tell besides scores: reasons, words and likeness."""

from __future__ import annotations

from itertools import islice
from typing import Any, TypeAlias, TypeVar

import numpy as np

from tastemaker.data import NAN, Float32Array, Int64Array, People, read_only
from tastemaker.plugin.guard import checked_call, checked_scores, plain_array, visible
from tastemaker.recommender import Recommender

T = TypeVar("T")

Texts: TypeAlias = tuple[tuple[str, ...], ...]
"""A row of texts for each person."""


def _named(method: str, told: tuple[T | None, str]) -> tuple[T | None, str]:
    """The same, and a problem begins with the method that has it."""
    result, problem = told
    return result, f"{method}{problem}" if problem else ""


def guarded_reasons(
    recommender: Recommender, people: People, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(n_interactions, width) float32 shares of the items' scores, or None and the problem."""
    seen, shown = visible(recommender, people), read_only(items)
    shape = (len(people.histories.items), items.shape[1])
    told = checked_call(
        recommender,
        lambda: recommender.reasons(seen, shown),
        lambda result: _never_nan(checked_scores(result, shape), "gave NaN as a reason"),
    )
    return _named("reasons: ", told)


def _never_nan(
    told: tuple[Float32Array | None, str], problem: str
) -> tuple[Float32Array | None, str]:
    """Numbers, or the problem where one of them is NaN."""
    return (None, problem) if told[0] is not None and np.isnan(told[0]).any() else told


def guarded_words(
    recommender: Recommender, people: People, items: Int64Array
) -> tuple[Texts | None, str]:
    """A text for each person and item, or for none at all; or None and the problem."""
    seen, shown = visible(recommender, people), read_only(items)
    told = checked_call(
        recommender,
        lambda: recommender.words(seen, shown),
        lambda result: _checked_words(result, len(people), items.shape[1]),
    )
    return _named("words: ", told)


def _checked_words(result: Any, n: int, width: int) -> tuple[Texts | None, str]:
    # as many as there may be, and one more: what it returned may never end
    texts = tuple(tuple(islice(row, width + 1)) for row in islice(result, n + 1))
    if texts and [len(row) for row in texts] != [width] * n:
        return None, f"not a text for each of {n} times {width} items"
    if not all(isinstance(text, str) for row in texts for text in row):
        return None, "gave something else than a text"
    return tuple(tuple(map(str.__str__, row)) for row in texts), ""


def guarded_item_vectors(
    recommender: Recommender, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(len(items), size) float32 vectors of some items; None where it has none, or a problem."""
    shown = read_only(items)
    told = checked_call(
        recommender,
        lambda: recommender.item_vectors(shown),
        lambda result: _checked_vectors(result, len(items)),
    )
    return _named("item_vectors: ", told)


def _checked_vectors(result: Any, n: int) -> tuple[Float32Array | None, str]:
    if result is None:
        return None, ""
    vectors = plain_array(result)
    if not isinstance(vectors, np.ndarray) or vectors.ndim != 2:
        return None, "returned no array of two dimensions"
    return _never_nan(checked_scores(vectors, (n, vectors.shape[1])), "returned NaN")


def guarded_similar(recommender: Recommender, item: int, n: int) -> tuple[Float32Array | None, str]:
    """(n,) float32 likeness of the items that it knows to one of them, or None and the problem."""
    return checked_call(
        recommender,
        lambda: recommender.similar(item),
        lambda result: _checked_likeness(result, n),
    )


def _checked_likeness(result: Any, n: int) -> tuple[Float32Array | None, str]:
    likeness = plain_array(result)
    if isinstance(likeness, np.ndarray) and not likeness.size:
        return np.full(n, NAN), ""
    return checked_scores(likeness, (n,))
