"""Guarded calls into recommenders: whatever one does, its caller gets a result or a reason.

Every function here returns a result and a problem: the problem is an empty text where all went
well, and otherwise describes in one line what the recommender did. Nothing is raised but
KeyboardInterrupt.

Problems are stored in clear, with releases. So one who does not declare `uses_features` gets none,
and the text of an error is only quoted where nothing sealed can stand in it: see `quotable`.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

import numpy as np

from tastemaker.data import Float32Array, Int64Array, Items, People, TrainingData
from tastemaker.errors import PluginError, TastemakerError
from tastemaker.recommender import Progress, Recommender

T = TypeVar("T")

Texts: TypeAlias = tuple[tuple[str, ...], ...]
"""A row of texts for each person."""

Errors: TypeAlias = tuple[type[BaseException], ...]
"""Types of errors, as `isinstance` takes them."""

ALL: Errors = (BaseException,)


class IsolationError(PluginError):
    """What went wrong in the process of a recommender, or with it; never a value of a person."""


def attempt(call: Callable[[], T], *, quote: Errors = ALL) -> tuple[T | None, str]:
    """The result of a call into foreign code, or None and what went wrong.

    Args:
        call: called once; everything it raises is contained, save KeyboardInterrupt.
        quote: the errors whose own text the problem may quote.
    """
    try:
        return call(), ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's SystemExit must not end the application
        return None, describe(error, quote=quote)


def describe(error: BaseException, *, quote: Errors = ALL) -> str:
    """One line about an error: its type, where it was raised and, if it may be quoted, its text."""
    if isinstance(error, IsolationError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (line {frames[-1].lineno} of {frames[-1].name})" if frames else ""
    if not isinstance(error, quote):
        return f"{type(error).__name__}{place}"
    try:
        text = " ".join(str(error).split())[:300]
    except KeyboardInterrupt:
        raise
    except BaseException:  # nor may the text of its error
        text = ""
    return f"{type(error).__name__}{text and ': '}{text}{place}"


def quotable(uses_features: bool) -> Errors:
    """The errors of a plugin that has seen people whose text may be quoted.

    Its text may be made of what it has seen: that of a `KeyError` is a value. Those of the engine's
    own types are worded on purpose, and never hold a value of a person; and what declared features
    hold is not even trusted to them.
    """
    return () if uses_features else (TastemakerError,)


def visible(recommender: Recommender, people: People) -> People:
    """The people as the recommender may see them: with features only if it declares them."""
    return people if recommender.uses_features else people.without_features


def _visible_data(recommender: Recommender, data: TrainingData) -> TrainingData:
    people = visible(recommender, data.people)
    return data if people is data.people else replace(data, people=people)


def _quotable(recommender: Recommender) -> Errors:
    return quotable(recommender.uses_features)


def checked_scores(result: Any, shape: tuple[int, ...]) -> tuple[Float32Array | None, str]:
    """A recommender's scores as float32, or None and what is wrong with it.

    Args:
        result: what it returned: numbers of any real type; NaN means that it abstains.
        shape: the shape it must have.
    """
    if not isinstance(result, np.ndarray):
        return None, f"returned a {type(result).__name__} instead of an array"
    if result.shape != shape:
        return None, f"returned the shape {result.shape} instead of {shape}"
    if result.dtype.kind not in "fiu":
        return None, f"returned the type {result.dtype} instead of float32"
    scores = result
    if result.dtype != np.float32:
        with np.errstate(over="ignore"):
            scores = np.asarray(result, dtype=np.float32)
    if np.count_nonzero(np.isinf(scores)):  # a fifth of the time of any()
        return None, "returned an infinite score"
    return scores, ""


def guarded_fit(
    recommender: Recommender, data: TrainingData, progress: Progress
) -> tuple[Recommender | None, str]:
    """The fitted recommender, or None and the problem."""
    seen = _visible_data(recommender, data)
    return _checked_fit(recommender, "fit", lambda: recommender.fit(seen, progress))


def guarded_fit_from(
    recommender: Recommender, data: TrainingData, progress: Progress, before: Recommender
) -> tuple[Recommender | None, str]:
    """The recommender fitted from where `before` has ended, or None and the problem."""
    seen = _visible_data(recommender, data)
    return _checked_fit(
        recommender, "fit_from", lambda: recommender.fit_from(seen, progress, before)
    )


def guarded_memory(recommender: Recommender, data: TrainingData) -> tuple[int | None, str]:
    """The bytes that it takes to fit the recommender, as it estimates, or None and the problem."""
    seen = _visible_data(recommender, data)
    return attempt(lambda: int(recommender.memory(seen)), quote=_quotable(recommender))


def _checked_fit(
    recommender: Recommender, method: str, call: Callable[[], Any]
) -> tuple[Recommender | None, str]:
    fitted, problem = attempt(call, quote=_quotable(recommender))
    if problem:
        return None, problem
    if not isinstance(fitted, type(recommender)):
        return None, f"{method} returned a {type(fitted).__name__} instead of the recommender"
    return fitted, ""


def guarded_score(recommender: Recommender, people: People) -> tuple[Float32Array | None, str]:
    """(len(people), people.n_items) float32 scores, or None and the problem."""
    seen = visible(recommender, people)
    result, problem = attempt(lambda: recommender.score(seen), quote=_quotable(recommender))
    if problem:
        return None, problem
    return checked_scores(result, (len(people), people.n_items))


def guarded_score_items(
    recommender: Recommender, people: People, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(len(people), width) float32 scores of the items (len(people), width), or the problem."""
    seen = visible(recommender, people)
    result, problem = attempt(
        lambda: recommender.score_items(seen, items), quote=_quotable(recommender)
    )
    if problem:
        return None, f"score_items: {problem}"
    return checked_scores(result, items.shape)


def guarded_retrieve(
    recommender: Recommender, people: People, k: int
) -> tuple[Int64Array | None, str]:
    """(len(people), k) int64 items, -1 for none, or None and the problem."""
    seen = visible(recommender, people)
    result, problem = attempt(lambda: recommender.retrieve(seen, k), quote=_quotable(recommender))
    if problem:
        return None, f"retrieve: {problem}"
    return checked_items(result, (len(people), k), people.n_items)


def checked_items(
    result: Any, shape: tuple[int, ...], n_items: int
) -> tuple[Int64Array | None, str]:
    """What a recommender retrieved as int64, or None and what is wrong with it.

    Args:
        result: what it returned: item indexes; -1 for none.
        shape: the shape it must have.
        n_items: how many items there are.
    """
    if not isinstance(result, np.ndarray):
        return None, f"retrieved a {type(result).__name__} instead of an array"
    if result.shape != shape:
        return None, f"retrieved the shape {result.shape} instead of {shape}"
    if result.dtype.kind not in "iu":
        return None, f"retrieved the type {result.dtype} instead of int64"
    if result.size and not (result.min() >= -1 and result.max() < n_items):
        return None, "retrieved an item that there is none of"
    return np.asarray(result, dtype=np.int64), ""


def guarded_reasons(
    recommender: Recommender, people: People, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(n_interactions, width) float32 shares of the items' scores, or None and the problem."""
    seen = visible(recommender, people)
    result, problem = attempt(
        lambda: recommender.reasons(seen, items), quote=_quotable(recommender)
    )
    if problem:
        return None, f"reasons: {problem}"
    shares, problem = checked_scores(result, (len(people.histories.items), items.shape[1]))
    if shares is not None and np.isnan(shares).any():
        return None, "gave NaN as a reason"
    return shares, f"reasons: {problem}" if problem else ""


def guarded_words(
    recommender: Recommender, people: People, items: Int64Array
) -> tuple[Texts | None, str]:
    """A text for each person and item, or for none at all; or None and the problem."""
    seen = visible(recommender, people)
    result, problem = attempt(
        lambda: tuple(map(tuple, recommender.words(seen, items))),
        quote=_quotable(recommender),
    )
    if result is None or problem:
        return None, f"words: {problem}"
    if result and [len(row) for row in result] != [items.shape[1]] * len(people):
        return None, f"words: not a text for each of {len(people)} times {items.shape[1]} items"
    if not all(isinstance(text, str) for row in result for text in row):
        return None, "words: gave something else than a text"
    return result, ""


def guarded_extension(recommender: Recommender, items: Items) -> tuple[Recommender | None, str]:
    """A copy of the recommender that has taken in items, or None and the problem."""
    quote = _quotable(recommender)
    longer, problem = attempt(lambda: copy.copy(recommender), quote=quote)
    if longer is not None:
        _, problem = attempt(lambda: longer.extend(items), quote=quote)
    return (None, problem) if problem else (longer, "")


def guarded_item_vectors(
    recommender: Recommender, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(len(items), size) float32 vectors of some items; None where it has none, or a problem."""
    result, problem = attempt(lambda: recommender.item_vectors(items), quote=_quotable(recommender))
    if problem or result is None:
        return None, f"item_vectors: {problem}" if problem else ""
    if not isinstance(result, np.ndarray) or result.ndim != 2:
        return None, "item_vectors returned no array of two dimensions"
    vectors, problem = checked_scores(result, (len(items), result.shape[1]))
    if vectors is not None and np.isnan(vectors).any():
        return None, "item_vectors returned NaN"
    return vectors, f"item_vectors {problem}" if problem else ""
