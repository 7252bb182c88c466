"""Guarded calls into recommenders: whatever one does, its caller gets a result or a reason.

Every function here returns a result and a problem: the problem is an empty text where all went
well, and otherwise describes in one line what the recommender did. Nothing is raised but
KeyboardInterrupt.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from tastemaker.data import Float32Array, Int64Array, People, TrainingData
from tastemaker.recommender import Progress, Recommender, State

T = TypeVar("T")

Texts: TypeAlias = tuple[tuple[str, ...], ...]
"""A row of texts for each person."""

STATE_DTYPES = frozenset({"f2", "f4", "f8", "i1", "u1", "i4", "i8", "b1"})
"""The array types a State may hold."""


def attempt(call: Callable[[], T], *, quote: bool = True) -> tuple[T | None, str]:
    """The result of a call into foreign code, or None and what went wrong.

    Args:
        call: called once; everything it raises is contained, save KeyboardInterrupt.
        quote: whether the problem may quote the error's own text.
    """
    try:
        return call(), ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's SystemExit must not end the application
        return None, describe(error, quote=quote)


def describe(error: BaseException, *, quote: bool = True) -> str:
    """One line about an error: its type, where it was raised and, if it may be quoted, its text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (line {frames[-1].lineno} of {frames[-1].name})" if frames else ""
    if not quote:
        return f"{type(error).__name__}{place}"
    try:
        text = " ".join(str(error).split())[:300]
    except Exception:
        text = ""
    return f"{type(error).__name__}{text and ': '}{text}{place}"


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
    return _checked_fit(recommender, "fit", lambda: recommender.fit(data, progress))


def guarded_fit_from(
    recommender: Recommender, data: TrainingData, progress: Progress, before: Recommender
) -> tuple[Recommender | None, str]:
    """The recommender fitted from where `before` has ended, or None and the problem."""
    return _checked_fit(
        recommender, "fit_from", lambda: recommender.fit_from(data, progress, before)
    )


def _checked_fit(
    recommender: Recommender, method: str, call: Callable[[], Any]
) -> tuple[Recommender | None, str]:
    fitted, problem = attempt(call, quote=not recommender.uses_features)
    if problem:
        return None, problem
    if not isinstance(fitted, type(recommender)):
        return None, f"{method} returned a {type(fitted).__name__} instead of the recommender"
    return fitted, ""


def guarded_score(recommender: Recommender, people: People) -> tuple[Float32Array | None, str]:
    """(len(people), people.n_items) float32 scores, or None and the problem."""
    result, problem = attempt(
        lambda: recommender.score(people), quote=not recommender.uses_features
    )
    if problem:
        return None, problem
    return checked_scores(result, (len(people), people.n_items))


def guarded_score_items(
    recommender: Recommender, people: People, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(len(people), width) float32 scores of the items (len(people), width), or the problem."""
    result, problem = attempt(
        lambda: recommender.score_items(people, items), quote=not recommender.uses_features
    )
    if problem:
        return None, f"score_items: {problem}"
    return checked_scores(result, items.shape)


def guarded_retrieve(
    recommender: Recommender, people: People, k: int
) -> tuple[Int64Array | None, str]:
    """(len(people), k) int64 items, -1 for none, or None and the problem."""
    result, problem = attempt(
        lambda: recommender.retrieve(people, k), quote=not recommender.uses_features
    )
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
    result, problem = attempt(
        lambda: recommender.reasons(people, items), quote=not recommender.uses_features
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
    result, problem = attempt(
        lambda: tuple(map(tuple, recommender.words(people, items))),
        quote=not recommender.uses_features,
    )
    if result is None or problem:
        return None, f"words: {problem}"
    if result and [len(row) for row in result] != [items.shape[1]] * len(people):
        return None, f"words: not a text for each of {len(people)} times {items.shape[1]} items"
    if not all(isinstance(text, str) for row in result for text in row):
        return None, "words: gave something else than a text"
    return result, ""


def guarded_item_vectors(
    recommender: Recommender, items: Int64Array
) -> tuple[Float32Array | None, str]:
    """(len(items), size) float32 vectors of some items; None where it has none, or a problem."""
    result, problem = attempt(lambda: recommender.item_vectors(items))
    if problem or result is None:
        return None, f"item_vectors: {problem}" if problem else ""
    if not isinstance(result, np.ndarray) or result.ndim != 2:
        return None, "item_vectors returned no array of two dimensions"
    vectors, problem = checked_scores(result, (len(items), result.shape[1]))
    if vectors is not None and np.isnan(vectors).any():
        return None, "item_vectors returned NaN"
    return vectors, f"item_vectors {problem}" if problem else ""


def guarded_state(recommender: Recommender) -> tuple[State | None, str]:
    """What the recommender is made of, fit for storing, or None and the problem."""
    state, problem = attempt(recommender.state)
    if problem:
        return None, problem
    _, problem = attempt(lambda: check_state(state))
    return (None, problem) if problem else (state, "")


def check_state(state: Any) -> None:
    """Refuses a state that cannot be stored.

    Raises:
        ValueError: with what is wrong.
    """
    if not isinstance(state, State):
        raise ValueError(f"state returned a {type(state).__name__} instead of a State")
    for name, array in state.arrays.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise ValueError(f"state holds {name!r}, which is not a named array")
        if array.dtype.str[1:] not in STATE_DTYPES:
            raise ValueError(f"state's array {name!r} has the type {array.dtype}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"state's array {name!r} holds NaN or infinity")
    values = dict(state.values)
    if json.loads(json.dumps(values, allow_nan=False)) != values:
        raise ValueError("state's values do not survive JSON")


def guarded_restore(kind: type[Recommender], state: State) -> tuple[Recommender | None, str]:
    """The recommender made of the state, or None and the problem."""
    restored, problem = attempt(lambda: kind.restore(state))
    if problem:
        return None, problem
    if not isinstance(restored, kind):
        return None, f"restore returned a {type(restored).__name__} instead of a {kind.__name__}"
    return restored, ""
