"""What a recurrent network made of histories lately, so that it reads only what is new."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from tastemaker import Float32Array

KEPT_HISTORIES = 2048
"""Histories kept: about a megabyte and a half, with states of 64. Chosen, not measured."""


class StateCache:
    """The states after the histories asked for last, by what was read; safe for threads."""

    def __init__(self) -> None:
        self._states: OrderedDict[bytes, Float32Array] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._states)

    def get(self, read: bytes) -> Float32Array | None:
        """The state after what was read; None if it is not known."""
        with self._lock:
            state = self._states.get(read)
            if state is not None:
                self._states.move_to_end(read)
            return state

    def put(self, read: bytes, state: Float32Array) -> None:
        """Keeps a state, which must not change any more, and drops the one least asked for."""
        with self._lock:
            self._states[read] = state
            self._states.move_to_end(read)
            if len(self._states) > KEPT_HISTORIES:
                self._states.popitem(last=False)
