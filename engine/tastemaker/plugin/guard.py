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

from tastemaker.data import (
    Float32Array,
    Int64Array,
    Items,
    People,
    TrainingData,
    read_only,
)
from tastemaker.errors import PluginError, TastemakerError
from tastemaker.recommender import Progress, Recommender

T = TypeVar("T")

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


def checked_call(
    recommender: Recommender,
    call: Callable[[], Any],
    check: Callable[[Any], tuple[T | None, str]],
    method: str = "",
) -> tuple[T | None, str]:
    """What a call gives, checked, or None and the problem.

    Args:
        recommender: whose call it is.
        call: made once.
        check: gives the result, or None and what is wrong with it. It is guarded as well: what it
            looks at may be of any class.
        method: names in the problem where an error was raised.
    """
    result, problem = attempt(call, quote=quotable(recommender.uses_features))
    if problem:
        return None, f"{method}: {problem}" if method else problem
    checked, problem = attempt(lambda: check(result), quote=())
    return (None, problem) if checked is None else checked


def plain_array(result: object) -> object:
    """An array of a class of its own as one of NumPy's; anything else as it is."""
    return np.asarray(result) if isinstance(result, np.ndarray) else result


def checked_scores(result: Any, shape: tuple[int, ...]) -> tuple[Float32Array | None, str]:
    """A recommender's scores as float32, or None and what is wrong with it.

    Args:
        result: what it returned: numbers of any real type; NaN means that it abstains.
        shape: the shape it must have.
    """
    scores = plain_array(result)
    if not isinstance(scores, np.ndarray):
        return None, f"returned a {type(result).__name__} instead of an array"
    if scores.shape != shape:
        return None, f"returned the shape {scores.shape} instead of {shape}"
    if scores.dtype.kind not in "fiu":
        return None, f"returned the type {scores.dtype} instead of float32"
    if scores.dtype != np.float32:
        with np.errstate(over="ignore"):
            scores = np.asarray(scores, dtype=np.float32)
    if np.count_nonzero(np.isinf(scores)):  # a fifth of the time of any()
        return None, "returned an infinite score"
    return scores, ""


def guarded_fit(
    recommender: Recommender, data: TrainingData, progress: Progress
) -> tuple[Recommender | None, str]:
    """The fitted recommender, or None and the problem."""
    seen = _visible_data(recommender, data)
    return checked_call(
        recommender,
        lambda: recommender.fit(seen, progress),
        lambda fitted: same_class(recommender, "fit", fitted),
    )


def guarded_fit_from(
    recommender: Recommender, data: TrainingData, progress: Progress, before: Recommender
) -> tuple[Recommender | None, str]:
    """The recommender fitted from where `before` has ended, or None and the problem."""
    seen = _visible_data(recommender, data)
    return checked_call(
        recommender,
        lambda: recommender.fit_from(seen, progress, before),
        lambda fitted: same_class(recommender, "fit_from", fitted),
    )


def guarded_memory(recommender: Recommender, data: TrainingData) -> tuple[int | None, str]:
    """The bytes that it takes to fit the recommender, as it estimates, or None and the problem."""
    seen, quote = _visible_data(recommender, data), quotable(recommender.uses_features)
    return attempt(lambda: int(recommender.memory(seen)), quote=quote)


def same_class(
    recommender: Recommender, method: str, fitted: object
) -> tuple[Recommender | None, str]:
    """What a method returned, if it is a recommender of the same class."""
    if not isinstance(fitted, type(recommender)):
        return None, f"{method} returned a {type(fitted).__name__} instead of the recommender"
    return fitted, ""


def guarded_score(recommender: Recommender, people: People) -> tuple[Float32Array | None, str]:
    """(len(people), people.n_items) float32 scores, or None and the problem."""
    seen, shape = visible(recommender, people), (len(people), people.n_items)
    return checked_call(
        recommender, lambda: recommender.score(seen), lambda result: checked_scores(result, shape)
    )


def guarded_score_items(
    recommender: Recommender, people: People, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(len(people), width) float32 scores of the items (len(people), width), or the problem."""
    seen, shown = visible(recommender, people), read_only(items)
    return checked_call(
        recommender,
        lambda: recommender.score_items(seen, shown),
        lambda result: checked_scores(result, items.shape),
        "score_items",
    )


def guarded_retrieve(
    recommender: Recommender, people: People, k: int
) -> tuple[Int64Array | None, str]:
    """(len(people), k) int64 items, -1 for none, or None and the problem."""
    seen, shape = visible(recommender, people), (len(people), k)
    return checked_call(
        recommender,
        lambda: recommender.retrieve(seen, k),
        lambda result: checked_items(result, shape, people.n_items),
        "retrieve",
    )


def checked_items(
    result: Any, shape: tuple[int, ...], n_items: int
) -> tuple[Int64Array | None, str]:
    """What a recommender retrieved as int64, or None and what is wrong with it.

    Args:
        result: what it returned: item indexes; -1 for none.
        shape: the shape it must have.
        n_items: how many items there are.
    """
    items = plain_array(result)
    if not isinstance(items, np.ndarray):
        return None, f"retrieved a {type(result).__name__} instead of an array"
    if items.shape != shape:
        return None, f"retrieved the shape {items.shape} instead of {shape}"
    if items.dtype.kind not in "iu":
        return None, f"retrieved the type {items.dtype} instead of int64"
    if items.size and not (items.min() >= -1 and items.max() < n_items):
        return None, "retrieved an item that there is none of"
    return np.asarray(items, dtype=np.int64), ""


def guarded_extension(recommender: Recommender, items: Items) -> tuple[Recommender | None, str]:
    """A copy of the recommender that has taken in items, or None and the problem."""
    quote = quotable(recommender.uses_features)
    longer, problem = attempt(lambda: copy.copy(recommender), quote=quote)
    if longer is not None:
        _, problem = attempt(lambda: longer.extend(items), quote=quote)
    return (None, problem) if problem else (longer, "")
