"""Where errors leave the engine: with what they say, and without what the engine worked on.

Crash reporters send the local variables of every frame of a traceback. Those of the engine hold
ids, attributes and keys: so its frames do not leave it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tastemaker.errors import without_frames

T = TypeVar("T")
Kind = TypeVar("Kind", bound=type)
_Given = ParamSpec("_Given")


def bordered(kind: Kind) -> Kind:
    """The same class; what its public methods and properties raise has no frame of the engine."""
    for name in (*dir(kind), "__init__"):
        found = inspect.getattr_static(kind, name)
        if inspect.isfunction(found) and (name == "__init__" or not name.startswith("_")):
            setattr(kind, name, _bordered(found))
        elif isinstance(found, property) and found.fget is not None:
            setattr(kind, name, property(_bordered(found.fget), doc=found.__doc__))
    return kind


def _bordered(method: Callable[_Given, T]) -> Callable[_Given, T]:
    if inspect.isgeneratorfunction(method):
        return wraps(method)(_of_iterator(method))

    @wraps(method)
    def call(*args: _Given.args, **kwargs: _Given.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except BaseException as error:
            cleaned = without_frames(error)
        # This frame is in the traceback: it must not hold what the method was given.
        del args, kwargs
        try:
            raise cleaned
        finally:
            del cleaned

    return call


def _of_iterator(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Iterator[Any]:
        try:
            yield from method(*args, **kwargs)
            return
        except BaseException as error:
            cleaned = without_frames(error)
        del args, kwargs
        try:
            raise cleaned
        finally:
            del cleaned

    return call
