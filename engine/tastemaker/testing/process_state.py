"""What a plugin must leave alone: the process it runs in, and everybody's random numbers."""

from __future__ import annotations

import locale
import multiprocessing
import os
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

PATIENCE = 1.0
"""Seconds that threads and processes are given to end by themselves. Chosen, not measured."""


@dataclass(frozen=True)
class ProcessState:
    """What belongs to the whole process, as it is at one moment."""

    environment: dict[str, str]
    directory: str
    filters: list[Any]
    language: str
    float_errors: Any
    random_numbers: Any
    numpy_random_numbers: Any

    @classmethod
    def now(cls) -> ProcessState:
        """As it is now."""
        return cls(
            dict(os.environ),
            os.getcwd(),
            list(warnings.filters),
            locale.setlocale(locale.LC_ALL),
            np.geterr(),
            random.getstate(),
            np.random.get_state(),
        )

    def changed(self, before: ProcessState) -> list[str]:
        """What is not as it was before, in words."""
        draws, past = self.numpy_random_numbers, before.numpy_random_numbers
        same_draws = np.array_equal(draws[1], past[1]) and draws[2:] == past[2:]
        changes = {
            "the environment (os.environ)": self.environment != before.environment,
            "the working directory": self.directory != before.directory,
            "the warnings filters": self.filters != before.filters,
            "the locale": self.language != before.language,
            "NumPy's error handling (np.seterr)": self.float_errors != before.float_errors,
            "the global random numbers (random)": self.random_numbers != before.random_numbers,
            "NumPy's global random numbers (np.random)": not same_draws,
        }
        return [f"it changed {what}" for what, truth in changes.items() if truth]

    def restore(self) -> None:
        """Makes everything as it was."""
        random.setstate(self.random_numbers)
        np.random.set_state(self.numpy_random_numbers)
        np.seterr(**self.float_errors)
        if os.environ != self.environment:
            os.environ.clear()
            os.environ.update(self.environment)
        if os.getcwd() != self.directory:
            os.chdir(self.directory)
        if warnings.filters != self.filters:
            warnings.filters[:] = self.filters  # type: ignore[index]
        if locale.setlocale(locale.LC_ALL) != self.language:
            locale.setlocale(locale.LC_ALL, self.language)


@contextmanager
def process_kept() -> Iterator[None]:
    """Undoes what the block does to the process, so that one fault does not look like another.

    It also keeps a fault to be found: what is set for good in a first call would change nothing
    in a second.
    """
    before = ProcessState.now()
    try:
        yield
    finally:
        before.restore()


def disturbed(call: Callable[[], object]) -> list[str]:
    """What a call changes in the process, in words; nothing of it stays changed.

    Random numbers start from where nobody has been: whoever seeds them is found, whatever was
    seeded before.
    """
    with process_kept():
        random.seed(os.urandom(16))
        np.random.seed(int.from_bytes(os.urandom(4), "big"))
        before, running = ProcessState.now(), _running()
        call()
        changes = ProcessState.now().changed(before)
    return changes + [f"it left {what} running" for what in _left(running)]


def _running() -> dict[int, Any]:
    """The threads and child processes that there are, by the number of each."""
    every = [*threading.enumerate(), *multiprocessing.active_children()]
    return {id(one): one for one in every}


def _left(before: dict[int, Any]) -> list[str]:
    """The threads and processes that began since, and do not end in time."""
    deadline = time.monotonic() + PATIENCE
    new = [one for key, one in _running().items() if key not in before]
    for one in new:
        one.join(max(0.0, deadline - time.monotonic()))
    kinds = {True: "the thread", False: "the process"}
    return [
        f"{kinds[isinstance(one, threading.Thread)]} {one.name!r}" for one in new if one.is_alive()
    ]
