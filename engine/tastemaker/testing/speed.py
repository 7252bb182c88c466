"""How fast a recommender is, and how large: a report, and what is too slow."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tastemaker.errors import PluginError
from tastemaker.recommender import Recommender
from tastemaker.testing.calling import called, shown, sizes
from tastemaker.testing.subject import Subject

LONGEST_FIT = 30.0
"""Seconds that training on the sample may take. A network needs a few. Chosen, not measured."""

LONGEST_SCORE = 0.05
"""Seconds that scoring one person may take: an answer is wanted in less. Chosen, not measured."""

TURNS = 5
"""The quickest of so many calls counts, so that a busy machine is not taken for slow code."""


@dataclass(frozen=True)
class Speed:
    """What a recommender costs, on the data of the checks.

    Attributes:
        fit_seconds: how long training took.
        score_seconds: how long the quickest scoring of one person took.
        state_bytes: how large its state is.
        data: what it learnt from, in words.
    """

    fit_seconds: float
    score_seconds: float
    state_bytes: int
    data: str

    def demand(self) -> None:
        """Refuses what is too slow.

        Raises:
            PluginError: it names the method, the time, and what is allowed.
        """
        for method, seconds, most in (
            ("fit", self.fit_seconds, LONGEST_FIT),
            ("score of one person", self.score_seconds, LONGEST_SCORE),
        ):
            if seconds > most:
                raise PluginError(
                    f"{method} took {seconds:.3g} s on {self.data}; {most:g} s are allowed."
                )

    def text(self) -> str:
        """All of it in one line."""
        return (
            f"fit {self.fit_seconds:.3g} s, score {1e6 * self.score_seconds:,.0f} µs a person, "
            f"state {self.state_bytes:,} bytes, on {self.data}"
        )


def speed_of(subject: Subject) -> Speed:
    """Measures a recommender.

    Raises:
        PluginError: a method that is measured raises.
    """
    recommender = subject.fitted
    person = shown(subject.kind, subject.data.people.select(np.array([0])))
    score_seconds = called("score", lambda: quickest(lambda: recommender.score(person)))
    given = sizes(subject.data.people)
    return Speed(subject.fit_seconds, score_seconds, state_bytes(recommender), given)


def quickest(call: Callable[[], object]) -> float:
    """The seconds that the quickest of some calls took."""
    seconds = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def state_bytes(recommender: Recommender) -> int:
    """How large its state is: arrays and JSON; 0 where it has none that can be stored."""
    try:
        state = called("state", recommender.state)
        values = len(json.dumps(dict(state.values)))
        return values + sum(array.nbytes for array in state.arrays.values())
    except Exception:  # whether it can be stored is for a check of its own
        return 0
