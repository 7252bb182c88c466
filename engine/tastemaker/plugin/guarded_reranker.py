"""A re-ranker behind a guard: whatever it does, its caller gets parts of scores or a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tastemaker.data import Float32Array
from tastemaker.plugin.guard import attempt, plain_array, quotable
from tastemaker.plugin.guarded_calls import GuardedCalls, Note
from tastemaker.plugin.observer import Observer
from tastemaker.reranker import RankedItems, Reranker

LARGEST_PART = np.float32(1e30)
"""What a re-ranker may add at most, so that no sum of several leaves float32."""


class GuardedReranker:
    """A re-ranker behind a guard and a breaker of its own.

    Attributes:
        reranker: the re-ranker.
        calls: makes the calls.
        observer: is told how long each call took, and how it failed.
    """

    def __init__(
        self,
        reranker: Reranker,
        calls: GuardedCalls | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.reranker = reranker
        self.calls = GuardedCalls() if calls is None else calls
        self.observer = observer

    @property
    def name(self) -> str:
        """The re-ranker's name."""
        return self.reranker.name

    @property
    def problem(self) -> str:
        """Why it is out of service now; empty while it is not."""
        return self.calls.breaker.problem

    def adjust(self, lists: RankedItems) -> tuple[Float32Array | None, str]:
        """(n, width) float32 what is added to the scores, 0 where not valid; or the problem."""
        features = self.reranker.uses_features
        seen = lists if features else replace(lists, people=lists.people.without_features)
        return self.calls.call(lambda: self._adjusted(seen), self._note(len(lists.people)))

    def _note(self, count: int) -> Note | None:
        observer = self.observer
        if observer is None:
            return None
        return lambda seconds, problem: observer.note("rank", self.name, seconds, count, problem)

    def _adjusted(self, lists: RankedItems) -> tuple[Float32Array | None, str]:
        quote = quotable(self.reranker.uses_features)
        result, problem = attempt(lambda: self.reranker.adjust(lists), quote=quote)
        if problem:
            return None, problem
        checked, problem = attempt(lambda: checked_parts(result, lists), quote=())
        return (None, problem) if checked is None else checked


def checked_parts(result: Any, lists: RankedItems) -> tuple[Float32Array | None, str]:
    """What a re-ranker adds as float32, 0 where not valid; or None and what is wrong with it.

    Args:
        result: what it returned: finite numbers of any real type.
        lists: what it was given.
    """
    added = plain_array(result)
    if not isinstance(added, np.ndarray):
        return None, f"returned a {type(result).__name__} instead of an array"
    if added.shape != lists.items.shape:
        return None, f"returned the shape {added.shape} instead of {lists.items.shape}"
    if added.dtype.kind not in "fiu":
        return None, f"returned the type {added.dtype} instead of float32"
    parts = np.where(lists.valid, added, 0)
    if not np.isfinite(parts).all():
        return None, "returned NaN or infinity; a rule takes items out, a re-ranker cannot"
    if (np.abs(parts) > LARGEST_PART).any():
        return None, f"returned a number beyond {LARGEST_PART:.0e}"
    return np.asarray(parts, dtype=np.float32), ""
