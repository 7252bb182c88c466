"""From a trained recommender to what is stored of it, and back, whatever its class does."""

from __future__ import annotations

import json
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from tastemaker.data import People, read_only
from tastemaker.errors import PluginError
from tastemaker.plugin.guard import attempt, guarded_score, plain_array, quotable
from tastemaker.plugin.held_memory import held_bytes
from tastemaker.plugin.state_values import values_fault
from tastemaker.recommender import Recommender, State

STATE_DTYPES = frozenset({"f2", "f4", "f8", "i1", "u1", "i4", "i8", "b1"})
"""The array types a State may hold."""


def guarded_state(recommender: Recommender) -> tuple[State | None, str]:
    """What the recommender is made of, fit for storing, or None and the problem."""
    given, problem = attempt(recommender.state, quote=quotable(recommender.uses_features))
    if problem:
        return None, problem
    named = not recommender.uses_features
    return attempt(lambda: storable(given, named=named), quote=(PluginError,))


def storable(given: Any, *, named: bool = True) -> State:
    """What `state` returned, in plain mappings of plain arrays and JSON: it says one thing only.

    Args:
        given: what it returned; its mappings may be of classes of their own.
        named: see `check_state`.

    Raises:
        PluginError: it cannot be stored.
    """
    if not isinstance(given, State):
        raise PluginError(f"state returned a {type(given).__name__} instead of a State")
    arrays = {name: plain_array(array) for name, array in given.arrays.items()}
    state = State(cast(dict[str, npt.NDArray[Any]], arrays), dict(given.values))
    check_state(state, named=named)
    return State(state.arrays, json.loads(json.dumps(state.values)))


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
    fault = values_fault(dict(state.values))
    if fault:  # it shows names, which may be made of what people declared
        raise PluginError(f"state's {fault}" if named else "state's values hold what JSON cannot")


def guarded_restore(kind: type[Recommender], state: State) -> tuple[Recommender | None, str]:
    """The recommender made of the state, or None and the problem."""
    restored, problem = attempt(lambda: kind.restore(state), quote=quotable(kind.uses_features))
    if problem:
        return None, problem
    right, problem = attempt(lambda: isinstance(restored, kind), quote=())
    if not right:
        found = type(restored).__name__
        return None, problem or f"restore returned a {found} instead of a {kind.__name__}"
    return restored, ""


def guarded_round_trip(
    kind: type[Recommender], state: State, people: People
) -> tuple[int | None, str]:
    """The bytes that a stored recommender holds where it serves, or None and why it cannot.

    Args:
        kind: what restores it.
        state: what is stored; it gets read-only views of its arrays, as it will when it serves.
        people: a few, whom it must be able to score.
    """
    seen = State({name: read_only(array) for name, array in state.arrays.items()}, state.values)
    restored, problem = guarded_restore(kind, seen)
    if restored is None:
        return None, f"cannot be restored: {problem}"
    _, problem = guarded_score(restored, people)
    if problem:
        return None, f"cannot score once it is restored: {problem}"
    attempt(lambda: restored.retrieve(people, 1), quote=())  # makes what it keeps to retrieve by
    held, _ = attempt(lambda: held_bytes(restored), quote=())
    return sum(array.nbytes for array in state.arrays.values()) if held is None else held, ""
