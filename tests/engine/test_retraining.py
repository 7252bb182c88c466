"""Training again: when it is due, whose turn it is, and a thread that sees to it."""

from __future__ import annotations

import base64
import logging
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tastemaker import Retrainer, RetrainingPlan, Tastemaker
from tastemaker.errors import InputError
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database

KEY = base64.b64encode(bytes(range(32))).decode()
"""The text of the key of every test."""

OPENER = """
from tastemaker import Tastemaker

def open_shop():
    return Tastemaker({url!r}, key={key!r})
"""


def test_nothing_is_due_without_data(sqlite_database: Database, key: Key) -> None:
    shop = Tastemaker(sqlite_database, key=key)
    shop.upgrade()
    turn = shop.training_due(older_than="1d")
    assert not turn.due
    assert "no interactions" in turn.reason


def test_the_first_training_is_due(engine: Tastemaker) -> None:
    assert engine.training_due(older_than="1d", new=1000).due


def test_age_is_a_reason(trained: Tastemaker) -> None:
    assert not trained.training_due(older_than="1d").due
    turn = trained.training_due(older_than=0.001)
    assert turn.due
    assert "Release 1 is" in turn.reason


def test_new_interactions_are_a_reason(trained: Tastemaker) -> None:
    assert not trained.training_due(new=1).due
    for number in range(3):
        trained.record("somebody", f"item-{number}")
    assert not trained.training_due(older_than="1d", new=4).due
    turn = trained.training_due(older_than="1d", new=3)
    assert turn.due
    assert "there are 3 interactions more" in turn.reason


def test_a_release_that_was_kept_counts_too(trained: Tastemaker) -> None:
    trained.record("somebody", "item-1")
    trained.train(only=["popular"], activate=False)
    assert not trained.training_due(new=1).due


def test_without_conditions_it_is_always_due(trained: Tastemaker) -> None:
    assert trained.training_due().due


@pytest.mark.parametrize("given", [{"older_than": "soon"}, {"new": 0}, {"new": True}])
def test_conditions_are_checked(engine: Tastemaker, given: dict[str, int]) -> None:
    with pytest.raises(InputError):
        engine.training_due(**given)


def test_one_at_a_time_has_the_turn(trained: Tastemaker, database: Database, key: Key) -> None:
    with trained.training_turn() as turn, Tastemaker(database, key=key) as other:
        assert turn.due
        with other.training_turn() as second:
            assert (second.due, second.reason) == (False, "Another training is under way.")
        assert not other.training_due().due
    assert trained.training_due().due


def test_who_comes_late_finds_it_done(engine: Tastemaker) -> None:
    with engine.training_turn(new=1) as turn:
        assert turn.due
        engine.train(only=["popular"])
    with engine.training_turn(new=1) as turn:
        assert not turn.due


@pytest.fixture
def open_shop(
    engine: Tastemaker, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Tastemaker]:
    """A function that another process can import; only popularity is trained."""
    for plugin in engine.plugins():
        if plugin.state == "enabled" and plugin.name != "popular":
            engine.configure(plugin.name, enabled=False)
    url = database.engine.url.render_as_string(hide_password=False)
    (tmp_path / "opener_of_the_shop.py").write_text(OPENER.format(url=url, key=KEY))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "opener_of_the_shop", raising=False)
    opener = __import__("opener_of_the_shop")
    given: Callable[[], Tastemaker] = opener.open_shop
    return given


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.1)


def test_it_trains_in_another_process_and_logs_the_outcome(
    engine: Tastemaker, open_shop: Callable[[], Tastemaker], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tastemaker.training")
    with Retrainer(open_shop, RetrainingPlan(new=1), every=0.2):
        until(lambda: any("was trained in" in text for text in caplog.messages))
        until(lambda: engine.recommend("person-0").details.release == 1)
    assert caplog.messages[0] == "Nothing was trained yet."
    assert len(engine.releases()) == 1
    assert engine.training_due().due  # the turn was given back


def test_two_of_them_train_once(
    engine: Tastemaker, open_shop: Callable[[], Tastemaker], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tastemaker.training")
    plan = RetrainingPlan(new=1)
    with Retrainer(open_shop, plan, every=0.2), Retrainer(open_shop, plan, every=0.2):
        until(lambda: bool(engine.releases()))
        until(lambda: engine.training_due().due)
    assert len(engine.releases()) == 1


def test_what_fails_is_logged_and_the_next_look_comes(
    open_shop: Callable[[], Tastemaker],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []

    def fail(self: Tastemaker, **given: object) -> None:
        looks.append(len(looks))
        raise ValueError("a person's own word")

    monkeypatch.setattr(Tastemaker, "training_due", fail)
    with Retrainer(open_shop, every=0.05):
        until(lambda: len(looks) > 2)
    assert "Retraining failed: ValueError" in caplog.text
    assert "own word" not in caplog.text


def test_stopping_ends_a_training_under_way(
    engine: Tastemaker, open_shop: Callable[[], Tastemaker]
) -> None:
    before = threading.active_count()
    retrainer = Retrainer(open_shop, RetrainingPlan(new=1), every=600)
    retrainer.start()
    retrainer.start()
    until(lambda: bool(multiprocessing.active_children()))
    retrainer.stop()
    assert threading.active_count() <= before
    assert multiprocessing.active_children() == []
    assert engine.recommend("person-0")


APPLICATION = """
import multiprocessing, time
from opener_of_the_shop import open_shop
from tastemaker import Retrainer, RetrainingPlan

if __name__ == "__main__":
    Retrainer(open_shop, RetrainingPlan(new=1)).start()
    while not multiprocessing.active_children():
        time.sleep(0.01)
    print(multiprocessing.active_children()[0].pid, flush=True)
    time.sleep(600)
"""


def test_an_application_that_is_killed_leaves_no_training_behind(
    engine: Tastemaker, open_shop: Callable[[], Tastemaker], tmp_path: Path
) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    killed = subprocess.Popen(
        [sys.executable, tmp_path / "application.py"], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    with killed.stdout:
        training = int(killed.stdout.readline())
        killed.kill()
        killed.wait()
    until(lambda: has_ended(training))
    assert engine.recommend("person-0")


def has_ended(process: int) -> bool:
    """Whether a process is gone, or only waits for somebody to take note of it."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_it_wants_a_function_of_a_module(engine: Tastemaker) -> None:
    def inside() -> Tastemaker:
        return engine

    for given in (inside, lambda: engine, "shop:open"):
        with pytest.raises(InputError, match="function of a module"):
            Retrainer(given)  # type: ignore[arg-type]
