"""What a plugin may implement: two markers and the specifications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pluggy

from tastemaker.plugin.extensions import PluginMetric, PluginReader
from tastemaker.recommender import Recommender
from tastemaker.reranker import Reranker

PROJECT = "tastemaker"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Register = Callable[[type[Recommender]], Any]
RegisterReranker = Callable[[type[Reranker]], Any]


@hookspec
def tastemaker_recommenders(register: Register) -> None:
    """Called once when the engine opens: call `register(YourRecommender)` for each you provide."""


@hookspec
def tastemaker_commands(register: Callable[[Any], Any]) -> None:
    """Called when somebody types a command that is not Tastemaker's own, or wants to see all.

    Call `register(command)` for each click command that you provide.
    """


@hookspec
def tastemaker_file_formats(register: Callable[[str, PluginReader], Any]) -> None:
    """Called when a file is imported whose ending is not known: call `register(name, function)`.

    The function reads files whose names end with the name. It gets their bytes, unpacked, and gives
    their rows: mappings from names of columns to values that JSON can hold.
    """


@hookspec
def tastemaker_metrics(register: Callable[[str, PluginMetric], Any]) -> None:
    """Called when lists are evaluated: call `register(name, function)` for each metric.

    The function gets what the engine's own metrics get: (n, depth) bool whether the item in each
    place of each list is relevant, (n,) how many items are relevant to each person, and the cutoff
    k. It gives (n,) float64, a figure a person; NaN where it is not defined.
    """


@hookspec
def tastemaker_rerankers(register: RegisterReranker) -> None:
    """Called once when the engine opens: call `register(YourReranker)` for each you provide."""
