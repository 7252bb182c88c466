"""Tastemaker: the recommender engine that lives inside your application.

Each public name is imported when it is first asked for (PEP 562): a plugin that needs only the
contract does not load the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tastemaker.data import (
        BoolArray,
        Float32Array,
        Float64Array,
        Histories,
        Int16Array,
        Int32Array,
        Int64Array,
        Items,
        People,
        TrainingData,
    )
    from tastemaker.engine import Tastemaker
    from tastemaker.errors import TastemakerError
    from tastemaker.plugin.hookspecs import hookimpl
    from tastemaker.recommender import Progress, Recommender, Settings, State, setting
    from tastemaker.serving.answers import Answer, Recommendation
    from tastemaker.store.sql.tables import include_name
else:
    # Out of the type checkers' sight: they would believe that it gives any name whatever.
    def __getattr__(name: str) -> object:
        """A public name, from the room where it is defined."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


__all__ = [
    "Answer",
    "BoolArray",
    "Float32Array",
    "Float64Array",
    "Histories",
    "Int16Array",
    "Int32Array",
    "Int64Array",
    "Items",
    "People",
    "Progress",
    "Recommendation",
    "Recommender",
    "Settings",
    "State",
    "Tastemaker",
    "TastemakerError",
    "TrainingData",
    "hookimpl",
    "include_name",
    "setting",
]

_HOMES = {
    "Answer": "serving.answers",
    "BoolArray": "data",
    "Float32Array": "data",
    "Float64Array": "data",
    "Histories": "data",
    "Int16Array": "data",
    "Int32Array": "data",
    "Int64Array": "data",
    "Items": "data",
    "People": "data",
    "Progress": "recommender",
    "Recommendation": "serving.answers",
    "Recommender": "recommender",
    "Settings": "recommender",
    "State": "recommender",
    "Tastemaker": "engine",
    "TastemakerError": "errors",
    "TrainingData": "data",
    "hookimpl": "plugin.hookspecs",
    "include_name": "store.sql.tables",
    "setting": "recommender",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
