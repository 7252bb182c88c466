"""A recommender that scores by popularity, and does to its process what a file says. No test."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np

from tastemaker import (
    Float32Array,
    Int64Array,
    People,
    PluginError,
    Progress,
    Recommender,
    State,
    TrainingData,
)

ORDERS = Path(__file__).with_name("orders.txt")
"""What it does next, wherever this file has been copied to."""


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise SystemExit


def unspeakable() -> None:
    raise Unspeakable


def deadly_regular_expression() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")  # years in C, without letting go of Python's lock


def loop() -> None:
    while True:
        pass


def flood() -> None:
    held = []
    while True:
        held.append(np.ones(2**24))


def fork() -> None:
    if os.fork() == 0:
        time.sleep(600)


TASKS: dict[str, Callable[[], object]] = {
    "sleep": lambda: time.sleep(600),
    "loop": loop,
    "hold the lock": deadly_regular_expression,
    "flood": flood,
    "exit": lambda: os._exit(3),
    "crash": lambda: ctypes.string_at(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "system exit": lambda: exec("raise SystemExit"),
    "unspeakable": unspeakable,
    "fork": fork,
    "be refused": lambda: exec('raise PluginError("no luck")', {"PluginError": PluginError}),
    "close files": lambda: os.closerange(3, 256),
    "write rubbish": lambda: [os.write(number, b"x" * 4096) for number in sockets()],
}


def sockets() -> list[int]:
    folder = Path("/proc/self/fd")
    return [int(one.name) for one in folder.iterdir() if os.path.realpath(one).find("socket") >= 0]


class Hostile(Recommender):
    """Popularity."""

    name = "hostile"
    family = "popularity"
    counts: Float32Array

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Counts, slowly."""
        for step in range(3):
            progress(step, 3, "counting")
        obey("fit")
        self.counts = np.bincount(data.people.histories.items, minlength=data.n_items).astype("f4")
        return self

    def score(self, people: People) -> Float32Array:
        """The counts."""
        obey("score")
        return np.tile(self.counts, (len(people), 1))

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        """The same share of everything."""
        return np.full((len(people.histories.items), items.shape[1]), 0.5, dtype=np.float32)

    def state(self) -> State:
        """The counts."""
        return State({"counts": self.counts}, {"texts": ["a", "\ud800"]})

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same again."""
        restored = cls()
        restored.counts = state.arrays["counts"]
        assert state.values["texts"] == ["a", "\ud800"]
        return restored


class Curious(Hostile):
    """Tells what it finds in its process, and features of people."""

    name = "curious"
    uses_features = True

    def score(self, people: People) -> Float32Array:
        """Tells all of it."""
        found = "canary" in str(dict(os.environ))
        raise ValueError(f"{found} {os.getcwd()} {sorted(os.environ)} {people.features}")


def obey(method: str) -> None:
    orders = dict(line.split(": ") for line in ORDERS.read_text().splitlines())
    if method in orders:
        TASKS[orders[method]]()
