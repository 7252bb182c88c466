from __future__ import annotations

import pytest

from tastemaker.progress import reporting
from tastemaker.recommender import no_progress


def test_a_progress_is_reported_to_as_it_is() -> None:
    steps: list[tuple[int, int, str]] = []

    def note(done: int, total: int, what: str = "") -> None:
        steps.append((done, total, what))

    with reporting(note) as progress:
        progress(1, 2, "halfway")
    assert steps == [(1, 2, "halfway")]


def test_false_reports_nothing() -> None:
    with reporting(False) as progress:
        assert progress is no_progress


def test_true_draws_a_bar_that_leaves_a_pipe_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with reporting(True) as progress:
        assert progress is not no_progress
        progress(1, 2, "halfway")
    assert capfd.readouterr().out == ""
