from __future__ import annotations

import pytest

from tastemaker.recommender import no_progress
from tastemaker.training.deadline import Allowance, Deadline, OutOfTimeError


class Watch:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_runs_from_the_start() -> None:
    watch = Watch()
    deadline = Deadline(60.0, watch)
    assert deadline.left() == 60
    watch.now += 45
    assert deadline.left() == 15
    assert deadline.left(0.5) == -15


def test_progress_is_passed_on_until_the_time_is_over() -> None:
    watch, told = Watch(), list[tuple[int, int, str]]()
    allowance = Allowance(lambda *step: told.append(step), 10.0, watch)
    allowance(1, 3, "one")
    watch.now += 11
    with pytest.raises(OutOfTimeError):
        allowance(2, 3, "two")
    assert told == [(1, 3, "one")]
    assert allowance.exceeded


def test_what_is_done_is_not_stopped() -> None:
    watch = Watch()
    allowance = Allowance(no_progress, 10.0, watch)
    watch.now += 11
    allowance(3, 3, "done")
    assert not allowance.exceeded
