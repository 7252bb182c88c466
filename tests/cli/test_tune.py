from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]

BRIEF = ("tune", "recent-popular", "popular", "--time-limit", "3s")


def settings(run: Run, name: str) -> str:
    listed = json.loads(run("plugins", "list", "--format", "json").stdout)
    return str(next(row["settings"] for row in listed if row["name"] == name))


def rows(done: Result) -> dict[str, dict[str, Any]]:
    assert done.exit_code == 0, done.output
    return {row["recommender"]: row for row in json.loads(done.stdout)}


def test_a_search_says_what_it_found(shop: Path, run: Run) -> None:
    found = rows(run(*BRIEF, "--format", "json"))
    assert list(found) == ["recent-popular", "popular"]
    assert found["recent-popular"]["state"] in ("better", "kept")
    assert found["recent-popular"]["after"] >= found["recent-popular"]["before"] >= 0
    assert found["popular"]["state"] == "nothing to search"
    assert (shop / "tastemaker-tuning.db").exists()


def test_the_table_ends_with_what_to_do_next(shop: Path, run: Run) -> None:
    done = run("tune", "popular", "--time-limit", "0.6s", "--study", "sqlite:///studies.db")
    assert done.exit_code == 0
    assert "nothing to search" in done.stdout
    assert done.stdout.endswith("none that were tried are clearly better.\n")
    assert (shop / "studies.db").exists()
    assert not (shop / "tastemaker-tuning.db").exists()


def test_better_settings_are_used_by_the_next_training(shop: Path, run: Run) -> None:
    # settings that no shop would want: almost any others are better
    run("plugins", "set", "item-knn", "shrinkage=100.0", "neighbours=1")
    bad = settings(run, "item-knn")
    tune = ("tune", "item-knn", "--time-limit", "6s", "--hold-out", "random")
    shown = rows(run(*tune, "--dry-run", "--format", "json"))["item-knn"]
    assert shown["state"] == "better"
    assert settings(run, "item-knn") == bad
    done = run(*tune)
    assert "Written for item-knn" in done.stdout
    assert settings(run, "item-knn") != bad
    assert run("train", "--only", "item-knn").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("no-such",), "There is no recommender 'no-such'"),
        (("popular", "--study", "nonsense"), "The studies cannot be kept at the URL given"),
        (("popular", "--memory-limit", "much"), "is not a size"),
    ],
)
def test_what_cannot_be_done_is_told(
    shop: Path, run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    done = run("tune", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert reason in done.stderr
