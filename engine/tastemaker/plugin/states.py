"""From a trained recommender to what is stored of it, and back, whatever its class does."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tastemaker.errors import PluginError
from tastemaker.plugin.guard import attempt, quotable
from tastemaker.recommender import Recommender, State

STATE_DTYPES = frozenset({"f2", "f4", "f8", "i1", "u1", "i4", "i8", "b1"})
"""The array types a State may hold."""


def guarded_state(recommender: Recommender) -> tuple[State | None, str]:
    """What the recommender is made of, fit for storing, or None and the problem."""
    state, problem = attempt(recommender.state, quote=quotable(recommender.uses_features))
    if problem:
        return None, problem
    named = not recommender.uses_features
    _, problem = attempt(lambda: check_state(state, named=named), quote=(PluginError,))
    return (None, problem) if problem else (state, "")


def check_state(state: Any, *, named: bool = True) -> None:
    """Refuses a state that cannot be stored.

    Args:
        state: what `Recommender.state` returned.
        named: whether the message may name an array; it says which one by its number otherwise.

    Raises:
        PluginError: with what is wrong.
    """
    if not isinstance(state, State):
        raise PluginError(f"state returned a {type(state).__name__} instead of a State")
    for number, (name, array) in enumerate(state.arrays.items()):
        which = repr(name) if named else f"number {number}"
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise PluginError(f"state's array {which} is not a named array")
        if array.dtype.str[1:] not in STATE_DTYPES:
            raise PluginError(f"state's array {which} has the type {array.dtype}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise PluginError(f"state's array {which} holds NaN or infinity")
    values = dict(state.values)
    try:
        read_back = json.loads(json.dumps(values, allow_nan=False))
    except (TypeError, ValueError, RecursionError):  # what Python says of it shows a value
        raise PluginError("state's values hold what JSON cannot") from None
    if read_back != values:
        raise PluginError("state's values do not survive JSON")


def guarded_restore(kind: type[Recommender], state: State) -> tuple[Recommender | None, str]:
    """The recommender made of the state, or None and the problem."""
    restored, problem = attempt(lambda: kind.restore(state), quote=quotable(kind.uses_features))
    if problem:
        return None, problem
    if not isinstance(restored, kind):
        return None, f"restore returned a {type(restored).__name__} instead of a {kind.__name__}"
    return restored, ""
