from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def test_support_is_shown_and_set(shop: Path, run: Run) -> None:
    shown = run("support")
    assert shown.exit_code == 0
    assert "once 3 people chose them" in shown.output
    assert "at least 1 person." in shown.output
    changed = run("support", "--undeclared", "10", "--links", "5")
    assert "once 10 people chose them" in changed.output
    assert "at least 5 people." in changed.output
    assert run("support", "--links", "2").output == run("support").output
    assert "once 10 people" in run("support").output


def test_what_is_no_number_of_people_is_refused(shop: Path, run: Run) -> None:
    refused = run("support", "--links", "0")
    assert refused.exit_code == 1
    assert "support of links is 0" in refused.output
    assert run("support", "--links", "many").exit_code == 2
