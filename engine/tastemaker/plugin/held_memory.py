"""What an object holds in memory: its arrays, and what else it is made of."""

from __future__ import annotations

import sys
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

OF_THE_PROGRAM = (type, ModuleType, FunctionType, MethodType)
"""What belongs to the program and not to the object."""


def held_bytes(value: object) -> int:
    """The bytes of an object and of all that it refers to, each once: arrays, texts, containers.

    The same on every run, unlike what the system says of a process. Of a view of an array the whole
    array counts, for it is kept.
    """
    total = 0
    seen: set[int] = set()
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, OF_THE_PROGRAM):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            total += 0 if one.base is not None else one.nbytes
            waiting.append(one.base)
        else:
            total += len(one) if isinstance(one, memoryview) else sys.getsizeof(one, 0)
            waiting.extend(referred_to(one))
    return total


def referred_to(one: Any) -> list[Any]:
    """What an object refers to: what a container holds, and attributes."""
    if isinstance(one, dict):
        return [*one.keys(), *one.values()]
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    slots = (name for kind in type(one).__mro__ for name in vars(kind).get("__slots__", ()))
    held = [getattr(one, name, None) for name in slots if isinstance(name, str)]
    return [*held, getattr(one, "__dict__", None)]
