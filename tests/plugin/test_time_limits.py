"""Calls that take too long: what they cost, and what they leave behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from tastemaker import Float32Array, Int64Array, People, Progress, Recommender, State, TrainingData
from tastemaker.plugin.circuit_breaker import CircuitBreaker
from tastemaker.plugin.discovery import PluginSource
from tastemaker.plugin.guarded_calls import GuardedCalls
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.importing import Imports
from tastemaker.plugin.time_limit import current_limit, time_limited
from tastemaker.plugin.worker_threads import BusyError, OverdueError, WorkerThreads
from tastemaker.testing import people_of

PEOPLE = people_of([[0, 1], [2]], 3)


def loop() -> None:
    while True:
        pass


class Slow(Recommender):
    """Does something before it scores or gives reasons."""

    name = "slow"
    family = "popularity"
    before_score: Callable[[], object] = staticmethod(lambda: None)
    before_reasons: Callable[[], object] = staticmethod(lambda: None)

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        return self

    def state(self) -> State:
        return State()

    @classmethod
    def restore(cls, state: State) -> Self:
        return cls()

    def score(self, people: People) -> Float32Array:
        self.before_score()
        return np.zeros((len(people), people.n_items), dtype=np.float32)

    def reasons(self, people: People, items: Int64Array) -> Float32Array:
        self.before_reasons()
        return np.zeros((len(people.histories.items), items.shape[1]), dtype=np.float32)


def in_threads(recommender: Slow) -> GuardedRecommender:
    calls = GuardedCalls(CircuitBreaker(clock=lambda: 0.0), WorkerThreads("slow"))
    return GuardedRecommender(recommender, 3, calls)


def wait_for_end(threads: WorkerThreads | None) -> None:
    assert threads is not None
    while threads.overdue:
        time.sleep(0.01)


def test_a_call_in_another_thread_gives_and_raises_what_it_would_here() -> None:
    threads = WorkerThreads("tests")
    assert threads.call(threading.current_thread, 10).name == "tastemaker: tests"
    assert threads.call(threading.get_ident, 10) == threads.call(threading.get_ident, 10)
    with pytest.raises(KeyboardInterrupt):
        threads.call(lambda: (_ for _ in ()).throw(KeyboardInterrupt()), 10)
    assert threads.overdue == 0


def test_a_loop_that_is_overdue_is_ended() -> None:
    threads = WorkerThreads("tests")
    with pytest.raises(OverdueError):
        threads.call(loop, 0.05)
    wait_for_end(threads)
    assert threads.call(lambda: 3, 10) == 3


def test_what_waits_is_left_behind_and_no_more_than_so_many() -> None:
    threads, gate = WorkerThreads("tests", most=2), threading.Event()
    for _ in range(2):
        with pytest.raises(OverdueError):
            threads.call(gate.wait, 0.01)
    assert threads.overdue == 2
    with pytest.raises(BusyError):
        threads.call(lambda: 3, 10)
    gate.set()
    wait_for_end(threads)
    assert threads.call(lambda: 3, 10) == 3


def test_a_forked_child_has_threads_of_its_own() -> None:
    threads, gate = WorkerThreads("tests", most=2), threading.Event()
    with pytest.raises(OverdueError):
        threads.call(gate.wait, 0.01)
    assert threads.call(lambda: 3, 10) == 3
    child = os.fork()
    if child == 0:
        right = threads.overdue == 0 and threads.call(lambda: 5, 10) == 5
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert threads.overdue == 1
    gate.set()


def test_limits_are_of_the_thread_and_the_innermost_counts() -> None:
    assert current_limit() is None
    with time_limited(5) as outer:
        with time_limited(1) as inner:
            assert current_limit() is inner
        assert current_limit() is outer
        assert WorkerThreads("tests").call(current_limit, 10) is None
    assert current_limit() is None


@pytest.mark.parametrize("hang", [loop, threading.Event().wait], ids=["loops", "waits"])
def test_a_recommender_that_hangs_is_left_out_and_then_out_of_service(hang: Any) -> None:
    slow = Slow()
    slow.before_score = hang
    guarded = in_threads(slow)
    with time_limited(0.05):
        assert guarded.score(PEOPLE) == (None, "took longer than the deadline of 0.05 s left it")
    with time_limited(60):
        scores, problem = guarded.score(PEOPLE)
    assert scores is None
    assert problem.startswith("skipped")


def test_who_comes_when_the_time_is_over_is_not_to_blame() -> None:
    guarded = in_threads(Slow())
    for _ in range(9):
        with time_limited(1e-9):
            scores, problem = guarded.score(PEOPLE)
        assert (scores, "had passed" in problem) == (None, True)
    with time_limited(60):
        assert guarded.score(PEOPLE)[1] == ""


def test_slow_calls_of_the_engines_own_are_used_and_count_as_failures() -> None:
    guarded = GuardedRecommender(Slow(), 3, GuardedCalls(CircuitBreaker(2, clock=lambda: 0.0)))
    for _ in range(2):
        with time_limited(0):
            scores, problem = guarded.score(PEOPLE)
        assert scores is not None
        assert problem == ""
    with time_limited(60):
        assert guarded.score(PEOPLE) == (None, "skipped for a while, because it kept failing")


@pytest.mark.parametrize("direct", [True, False])
def test_failing_reasons_do_not_stop_scores(direct: bool) -> None:
    slow = Slow()
    slow.before_reasons = lambda: 1 / 0
    guarded = GuardedRecommender(slow, 3) if direct else in_threads(slow)
    for _ in range(9):
        with time_limited(60):
            assert guarded.reasons(PEOPLE, np.zeros((2, 1), dtype=np.int64))[0] is None
            assert guarded.score(PEOPLE)[1] == ""


def test_an_import_that_does_not_end_is_a_problem_and_is_not_begun_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "never_imported.py").write_text(
        "import pathlib, threading\n"
        "with open(pathlib.Path(__file__).with_name('begun'), 'a') as file: file.write('x')\n"
        "threading.Event().wait()\n"
    )
    imports, point = Imports(seconds=0.5), EntryPoint("never", "never_imported", "tastemaker")
    problems = []
    for _ in range(2):
        (plugin,) = imports.plugins_at(point, PluginSource("never", "a-stranger", "1"))
        assert plugin.state == "failed"
        problems.append(plugin.problem)
    assert problems == [
        "cannot be imported: that took longer than 0.5 s",
        "is still being imported: it has not ended for a long time",
    ]
    assert (tmp_path / "begun").read_text() == "x"
