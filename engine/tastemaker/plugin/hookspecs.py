"""What a plugin may implement: two markers and the specifications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pluggy

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
def tastemaker_rerankers(register: RegisterReranker) -> None:
    """Called once when the engine opens: call `register(YourReranker)` for each you provide."""
