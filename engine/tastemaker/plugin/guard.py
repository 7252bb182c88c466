"""Guarded calls into recommenders: whatever one does, its caller gets a result or a reason.

Every function here returns a result and a problem: the problem is an empty text where all went
well, and otherwise describes in one line what the recommender did. Nothing is raised but
KeyboardInterrupt.
"""

from __future__ import annotations

import copy
import json
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tastemaker.data import Float32Array, Items, People, TrainingData
from tastemaker.recommender import Progress, Recommender, State

T = TypeVar("T")

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
    with np.errstate(over="ignore"):
        scores = np.asarray(result, dtype=np.float32)
    if np.isinf(scores).any():
        return None, "returned an infinite score"
    return scores, ""


def guarded_fit(
    recommender: Recommender, data: TrainingData, progress: Progress
) -> tuple[Recommender | None, str]:
    """The fitted recommender, or None and the problem."""
    fitted, problem = attempt(
        lambda: recommender.fit(data, progress), quote=not recommender.uses_features
    )
    if problem:
        return None, problem
    if not isinstance(fitted, type(recommender)):
        return None, f"fit returned a {type(fitted).__name__} instead of the recommender"
    return fitted, ""


def guarded_score(recommender: Recommender, people: People) -> tuple[Float32Array | None, str]:
    """(len(people), people.n_items) float32 scores, or None and the problem."""
    result, problem = attempt(
        lambda: recommender.score(people), quote=not recommender.uses_features
    )
    if problem:
        return None, problem
    return checked_scores(result, (len(people), people.n_items))


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


class CircuitBreaker:
    """Stops calling what keeps failing: after several failures in a row, a pause, then one try.

    Args:
        failures: how many in a row open it.
        pause: seconds without a call, once open.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        failures: int = 5,
        pause: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._closed_until = 0.0

    def allows(self) -> bool:
        """Whether to call now. Once the pause is over one caller at a time may probe."""
        if self._in_a_row < self._failures:
            return True
        with self._lock:
            if self._clock() < self._closed_until:
                return False
            # whoever comes while this probe is under way waits for another pause
            self._closed_until = self._clock() + self._pause
            return True

    def succeeded(self) -> None:
        """Notes a call that went well: everything is allowed again."""
        self._in_a_row = 0

    def failed(self) -> None:
        """Notes a call that failed."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= self._failures:
                self._closed_until = self._clock() + self._pause


class GuardedRecommender:
    """A trained recommender behind a guard and a breaker of its own.

    It serves any number of items from `n_items` on: those that the recommender does not know
    score NaN.

    Attributes:
        recommender: the trained recommender.
        n_items: how many items it scores.
        breaker: skips it for a while once it keeps failing.
    """

    def __init__(
        self, recommender: Recommender, n_items: int, breaker: CircuitBreaker | None = None
    ) -> None:
        self.recommender = recommender
        self.n_items = n_items
        self.breaker = CircuitBreaker() if breaker is None else breaker

    @property
    def name(self) -> str:
        """The recommender's name."""
        return self.recommender.name

    def score(self, people: People) -> tuple[Float32Array | None, str]:
        """(len(people), people.n_items) float32 scores, or None and the problem."""
        known = people.among(min(self.n_items, people.n_items))
        if known.n_items != self.n_items:
            return None, f"was trained on {self.n_items} items, more than the {people.n_items} here"
        scores, problem = self._call(lambda: guarded_score(self.recommender, known))
        if scores is None or self.n_items == people.n_items:
            return scores, problem
        return _padded(scores, people.n_items), ""

    def reasons(self, people: People, item_index: int) -> tuple[Float32Array | None, str]:
        """(n_interactions,) float32 shares of one item's score, or None and the problem."""
        shares = np.zeros(len(people.histories.items), dtype=np.float32)
        if item_index >= self.n_items:
            return shares, ""
        known = people.among(self.n_items)
        part, problem = self._call(lambda: self._reasons(known, item_index))
        if part is None:
            return None, problem
        shares[people.histories.items < self.n_items] = part
        return shares, ""

    def similar(self, item_index: int, n_items: int) -> tuple[Float32Array | None, str]:
        """(n_items,) float32 likeness to one item, NaN where unknown, or None and the problem."""
        if item_index >= self.n_items:
            return np.full(n_items, np.nan, dtype=np.float32), ""
        likeness, problem = self._call(lambda: self._similar(item_index))
        return (None, problem) if likeness is None else (_padded(likeness, n_items), "")

    def extended(self, items: Items) -> tuple[GuardedRecommender, str]:
        """The same with the items added since training, or itself as it is and the problem."""
        if type(self.recommender).extend is Recommender.extend or not len(items):
            return self, ""
        longer, problem = attempt(lambda: copy.copy(self.recommender))
        if longer is not None:
            _, problem = attempt(lambda: longer.extend(items))
        if longer is None or problem:
            return self, problem
        return GuardedRecommender(longer, self.n_items + len(items), self.breaker), ""

    def _call(
        self, call: Callable[[], tuple[Float32Array | None, str]]
    ) -> tuple[Float32Array | None, str]:
        if not self.breaker.allows():
            return None, "skipped for a while, because it kept failing"
        result, problem = call()
        if problem:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return result, problem

    def _reasons(self, people: People, item_index: int) -> tuple[Float32Array | None, str]:
        result, problem = attempt(
            lambda: self.recommender.reasons(people, item_index),
            quote=not self.recommender.uses_features,
        )
        if problem:
            return None, problem
        shares, problem = checked_scores(result, people.histories.items.shape)
        if shares is not None and np.isnan(shares).any():
            return None, "gave NaN as a reason"
        return shares, problem

    def _similar(self, item_index: int) -> tuple[Float32Array | None, str]:
        result, problem = attempt(lambda: self.recommender.similar(item_index))
        if problem:
            return None, problem
        if isinstance(result, np.ndarray) and not result.size:
            return np.full(self.n_items, np.nan, dtype=np.float32), ""
        return checked_scores(result, (self.n_items,))


def _padded(scores: npt.NDArray[np.float32], n_items: int) -> Float32Array:
    longer = np.full((*scores.shape[:-1], n_items), np.nan, dtype=np.float32)
    longer[..., : scores.shape[-1]] = scores
    return longer
