"""What keeps the values of a state from being stored as JSON, and where it stands."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

DEEPEST_VALUE = 100
"""How many lists and mappings are looked through for what cannot be stored."""

STORED_INSTEAD: Mapping[str, str] = {
    "set": "a list: sorted(…)",
    "frozenset": "a list: sorted(…)",
    "tuple": "a list: list(…)",
    "ndarray": "an array of its own in State.arrays",
    "bytes": "an array of its own in State.arrays",
}
"""What to store instead, by the name of the type."""


def values_fault(values: Mapping[str, Any]) -> str:
    """What in the values JSON cannot hold or gives back as something else; empty where nothing."""
    try:
        if json.loads(json.dumps(values, allow_nan=False)) == values:
            return ""
    except (TypeError, ValueError, RecursionError):  # what Python says of it does not say where
        pass
    return next(_faults(values, "values", 0), "values hold what JSON cannot")


def _faults(value: Any, place: str, depth: int) -> Iterator[str]:
    """What cannot be stored in a value that is called `place`, in the order in which it stands."""
    if depth > DEEPEST_VALUE:
        yield "values are nested too deep, or in themselves"
    elif isinstance(value, dict):
        for key, one in value.items():
            if not isinstance(key, str):
                yield f"{place} has the key {key!r:.40}, a {type(key).__name__}; JSON has texts"
            yield from _faults(one, f"{place}[{key!r:.40}]", depth + 1)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _faults(one, f"{place}[{index}]", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{place} is {value}, which JSON has not"
    elif not isinstance(value, str | bool | int | float | None):
        yield f"{place} is {_described(value)}"


def _described(value: Any) -> str:
    """What it is, and what to store instead."""
    name = type(value).__name__
    if isinstance(value, np.generic):
        return f"a NumPy {name}; store {type(value.item()).__name__}(…)"
    return (
        f"a {name}; store {STORED_INSTEAD.get(name, 'numbers, texts, lists and mappings of these')}"
    )
