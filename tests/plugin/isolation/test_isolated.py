"""Recommenders in processes of their own: what they do costs their own contribution alone."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tastemaker import PluginError, Recommender, State, TrainingData
from tastemaker.plugin.guard import guarded_fit
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.isolation.recommender import isolated_class
from tastemaker.plugin.registry import Registry
from tastemaker.plugin.states import guarded_restore, guarded_state
from tastemaker.plugin.time_limit import time_limited
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard

DATA = checkerboard()
PEOPLE = DATA.people


def order(hostile: ModuleType, orders: str) -> None:
    hostile.ORDERS.write_text(orders)


def restored(kind: type[Recommender]) -> GuardedRecommender:
    state = State({"counts": np.arange(10, dtype=np.float32)}, {"texts": ["a", "\ud800"]})
    recommender, problem = guarded_restore(isolated_class(kind), state)
    assert recommender is not None, problem
    return GuardedRecommender(recommender, 10)


def test_it_does_what_it_would_do_here(hostile: ModuleType) -> None:
    own = hostile.Hostile().fit(DATA, no_progress)
    reports: list[tuple[int, int, str]] = []
    apart, problem = guarded_fit(
        isolated_class(hostile.Hostile)(), DATA, lambda *report: reports.append(report)
    )
    assert apart is not None, problem
    assert reports == [(0, 3, "counting"), (1, 3, "counting"), (2, 3, "counting")]
    items = np.tile(np.array([3, 1]), (len(PEOPLE), 1))
    assert np.array_equal(apart.score(PEOPLE), own.score(PEOPLE))
    assert np.array_equal(apart.score_items(PEOPLE, items), own.score_items(PEOPLE, items))
    assert np.array_equal(apart.retrieve(PEOPLE, 4), own.retrieve(PEOPLE, 4))
    assert np.array_equal(apart.reasons(PEOPLE, items), own.reasons(PEOPLE, items))
    assert apart.similar(3).shape == (0,)
    state, problem = guarded_state(apart)
    assert state is not None, problem
    assert state.values == own.state().values
    again, _ = guarded_restore(isolated_class(hostile.Hostile), state)
    assert again is not None
    assert np.array_equal(again.score(PEOPLE), own.score(PEOPLE))


KILLED = [
    ("sleep", "took longer than"),
    ("loop", "took longer than"),
    ("hold the lock", "took longer than"),
    ("stop", "took longer than"),
    ("exit", "its process ended"),
    ("crash", "its process ended"),
    ("kill", "its process ended"),
    ("close files", "its process ended"),
    ("write rubbish", "its process ended"),
]


@pytest.mark.parametrize(("task", "says"), KILLED, ids=[task for task, _ in KILLED])
def test_a_process_that_hangs_or_ends_is_started_again(
    hostile: ModuleType, task: str, says: str
) -> None:
    guarded = restored(hostile.Hostile)
    assert guarded.score(PEOPLE)[1] == ""
    order(hostile, f"score: {task}")
    with time_limited(0.5):
        scores, problem = guarded.score(PEOPLE)
    assert scores is None
    assert says in problem
    order(hostile, "")
    guarded = GuardedRecommender(guarded.recommender, 10)
    until = time.monotonic() + 60
    while (scores := guarded.score(PEOPLE)[0]) is None and time.monotonic() < until:
        guarded = GuardedRecommender(guarded.recommender, 10)  # whose breaker is closed
        time.sleep(0.05)
    assert scores is not None


@pytest.mark.parametrize(
    ("task", "says"),
    [("flood", "MemoryError"), ("system exit", "SystemExit"), ("unspeakable", "Unspeakable")],
)
def test_a_process_goes_on_after_an_error(hostile: ModuleType, task: str, says: str) -> None:
    guarded = restored(hostile.Hostile)
    order(hostile, f"score: {task}")
    scores, problem = guarded.score(PEOPLE)
    assert scores is None
    assert says in problem
    order(hostile, "")
    assert guarded.score(PEOPLE)[1] == ""


def test_what_it_forks_ends_with_it(hostile: ModuleType) -> None:
    guarded = restored(hostile.Hostile)
    order(hostile, "score: fork")
    assert guarded.score(PEOPLE)[1] == ""
    leader = guarded.recommender._process._process._process.pid  # type: ignore[attr-defined]
    os.killpg(leader, 0)
    del guarded
    until = time.monotonic() + 60
    while group_lives(leader) and time.monotonic() < until:
        time.sleep(0.01)
    assert not group_lives(leader)


def group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_has_no_key_and_no_features_of_people_in_its_problems(
    hostile: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TASTEMAKER_KEY", "TASTEMAKER_DATABASE", "DATABASE_URL", "PGPASSWORD"):
        monkeypatch.setenv(name, "canary")
    guarded = restored(hostile.Curious)
    people = replace(PEOPLE, features={"city": (("canary",),) * len(PEOPLE)})
    _, problem = guarded.score(people)
    assert problem.startswith("ValueError (line")
    assert "canary" not in problem
    file = hostile.ORDERS.with_name("hostile_recommender.py")
    text = file.read_text().replace("uses_features = True", "uses_features = False")
    file.write_text(text.replace("raise ValueError(", "raise PluginError("))
    hostile.Curious.uses_features = False
    _, problem = restored(hostile.Curious).score(people)
    assert problem.startswith("PluginError: False / [")
    assert "] FrozenMapping(0 entries) (line " in problem


def test_a_forked_child_has_a_process_of_its_own(hostile: ModuleType) -> None:
    guarded = restored(hostile.Hostile)
    assert guarded.score(PEOPLE)[1] == ""
    child = os.fork()
    if child == 0:
        until, scores = time.monotonic() + 60, None
        while scores is None and time.monotonic() < until:
            scores = GuardedRecommender(guarded.recommender, 10).score(PEOPLE)[0]
            time.sleep(0.05)
        os._exit(0 if scores is not None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert guarded.score(PEOPLE)[1] == ""


def test_a_fit_is_ended_with_its_time(hostile: ModuleType) -> None:
    order(hostile, "fit: hold the lock")
    with time_limited(2):
        fitted, problem = guarded_fit(isolated_class(hostile.Hostile)(), DATA, no_progress)
    assert fitted is None
    assert "took longer than" in problem


def test_what_stops_a_fit_ends_its_process(hostile: ModuleType) -> None:
    def stop(done: int, total: int, what: str = "") -> None:
        raise TimeoutError("enough")

    fitted, problem = guarded_fit(isolated_class(hostile.Hostile)(), DATA, stop)
    assert fitted is None
    assert problem


def test_a_process_in_a_loop_ends_though_the_engine_was_killed(
    hostile: ModuleType, tmp_path: Path
) -> None:
    code = """
        import numpy as np
        from hostile_recommender import Hostile
        from tastemaker import State
        from tastemaker.plugin.isolation.recommender import isolated_class
        from tastemaker.plugin.time_limit import time_limited
        from tastemaker.testing import checkerboard
        made = isolated_class(Hostile).restore(
            State({"counts": np.arange(10, dtype="f4")}, {"texts": ["a", "\\ud800"]})
        )
        print(made._process._process._process.pid, flush=True)
        with time_limited(1):
            made.score(checkerboard().people)
    """
    order(hostile, "score: hold the lock")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        leader = int(engine.stdout.readline())
        time.sleep(0.3)
        engine.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    while group_lives(leader) and time.monotonic() < until:
        time.sleep(0.01)
    assert not group_lives(leader)


def test_a_class_that_cannot_be_imported_cannot_be_isolated_class(hostile: ModuleType) -> None:
    class Local(hostile.Hostile):  # type: ignore[misc, name-defined]
        """Stands in a function."""

    with pytest.raises(PluginError, match="must stand in a module"):
        isolated_class(Local)
    (plugin,) = Registry([Local], only=(), isolated=["hostile"]).plugins
    assert (plugin.state, "must stand in a module" in plugin.problem) == ("failed", True)
    (plugin,) = Registry([hostile.Hostile], only=(), isolated=["hostile"]).plugins
    assert (plugin.state, plugin.isolated, plugin.summary) == ("enabled", True, "Popularity.")


def test_it_learns_from_all_there_is(hostile: ModuleType, tmp_path: Path) -> None:
    source = (tmp_path / "hostile_recommender.py").read_text()
    source += textwrap.dedent(
        """
        class Careful(Hostile):
            name = "careful"
            uses_features = True

            def fit(self, data, progress):
                assert [*data.items.ids][:2] == ["item-0", "item-1"]
                assert data.items.titles[1] == "odd thing"
                assert data.items.attributes["parity"][3] == ("odd",)
                assert data.people.features == {"city": (("x", "\\ud800"),) * len(data.people)}
                assert (data.kinds, data.seed) == (("interaction",), 7)
                assert data.people.histories.n_items == data.n_items
                assert not data.people.times.flags.writeable
                return super().fit(data, progress)
        """
    )
    (tmp_path / "careful_recommender.py").write_text(source)
    kind = importlib.import_module("careful_recommender").Careful
    features = {"city": (("x", "\ud800"),) * len(PEOPLE)}
    data = TrainingData(DATA.items, replace(PEOPLE, features=features), DATA.kinds, 7)
    fitted, problem = guarded_fit(isolated_class(kind)(), data, no_progress)
    assert fitted is not None, problem
