"""Work beside those that answer: one at a time, seen to its end, and not tried again at once."""

from __future__ import annotations

import os
import threading
import time

import pytest
from tests.conftest import Fork

from tastemaker.serving import background as room
from tastemaker.serving.background import Background


def test_a_result_is_taken_once() -> None:
    work = Background(lambda: 7, "counting")
    assert work.take() is None
    work.start("seven")
    work.wait()
    assert work.has_result
    assert work.take() == 7
    assert work.take() is None


def test_one_thing_is_done_at_a_time() -> None:
    begun: list[str] = []
    gate = threading.Event()

    def slow() -> int:
        begun.append("one")
        gate.wait()
        return len(begun)

    work = Background(slow, "waiting")
    for _ in range(10):
        work.start("one")
    assert not work.is_due("two")
    gate.set()
    work.wait()
    assert work.take() == 1
    assert begun == ["one"]


def test_what_failed_is_logged_and_tried_again_later(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def fail() -> int:
        tried.append(len(tried))
        raise SystemExit("no luck")

    work = Background(fail, "loading")
    for _ in range(10):
        work.start("one")
        work.wait()
    assert tried == [0]
    assert "Loading failed; what served before goes on." in caplog.text
    assert "SystemExit" in caplog.text
    assert "no luck" not in caplog.text  # a foreign text may hold a person's values
    assert work.is_due("another")
    assert not work.is_due("one")
    monkeypatch.setattr(room, "RETRY_AFTER", 0.0)
    work.start("one")
    work.wait()
    assert tried == [0, 1]


def test_nothing_begins_once_it_is_closed() -> None:
    gate = threading.Event()
    work = Background(gate.wait, "waiting")
    work.start("one")
    threading.Timer(0.05, gate.set).start()
    work.close()
    assert gate.is_set()
    assert work.take() is True
    work.start("two")
    assert not work.has_result
    assert not work.is_due("two")


def test_a_fork_waits_for_what_is_under_way(fork: Fork) -> None:
    done = threading.Event()

    def work() -> bool:
        time.sleep(0.2)
        done.set()
        return True

    beside = Background(work, "waiting")
    beside.start("one")
    _, status = os.waitpid(fork(lambda: seen(done)), 0)
    assert status == 0


def seen(event: threading.Event) -> None:
    assert event.is_set()


def test_it_begins_at_some_moment_or_at_once_where_somebody_waits() -> None:
    work = Background(lambda: 7, "counting", spread=10_000.0)
    work.start("seven")
    assert not work.is_due("seven")
    work.wait(0)
    work.wait()
    assert work.take() == 7
    work.start("seven")
    work.close()
    assert not work.has_result, "it was closed before it began"
