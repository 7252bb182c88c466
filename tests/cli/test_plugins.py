from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def plugins(run: Run) -> dict[str, dict[str, str]]:
    listed = json.loads(run("plugins", "list", "--format", "json").stdout)
    return {row["name"]: row for row in listed}


def test_every_recommender_is_listed(shop: Path, run: Run) -> None:
    ease = plugins(run)["ease"]
    assert ease["kind"] == "recommender"
    assert (ease["family"], ease["distribution"], ease["state"]) == (
        "collaborative",
        "tastemaker",
        "enabled",
    )
    assert "regularization=" in ease["settings"]
    assert ease["version"]
    enabled = [row for row in plugins(run).values() if row["state"] == "enabled"]
    problems = {row["name"]: row["problem"] for row in enabled if row["problem"]}
    assert set(problems) == {"ease-private", "item-knn", "text-two-tower", "two-tower"}
    assert all("trained on request" in problem for problem in problems.values())
    assert "item-knn" in run("plugins", "list").output
    assert run("plugins", "list", "--format", "csv").stdout.startswith("name,kind,family,")


def test_one_that_is_disabled_takes_no_part(shop: Path, run: Run) -> None:
    assert "item-knn is disabled" in run("plugins", "disable", "item-knn").output
    assert plugins(run)["item-knn"]["state"] == "disabled"
    answer = json.loads(run("recommend", "person-0", "--explain", "--format", "json").stdout)
    assert "item-knn" not in answer[0]["weights"]
    assert answer[0]["recommendations"]
    done = run("train", "--only", "item-knn")
    assert done.exit_code == 1
    assert "`tastemaker plugins enable item-knn`" in done.stderr


def test_one_that_is_enabled_again_takes_part_again(shop: Path, run: Run) -> None:
    run("plugins", "disable", "item-knn")
    assert "item-knn is enabled" in run("plugins", "enable", "item-knn").output
    assert plugins(run)["item-knn"]["state"] == "enabled"
    assert run("train", "--only", "item-knn").exit_code == 0


def test_one_on_request_is_trained_once_it_is_enabled(shop: Path, run: Run) -> None:
    assert "trained on request" in plugins(run)["item-knn"]["problem"]
    run("plugins", "enable", "item-knn")
    assert plugins(run)["item-knn"]["problem"] == ""
    others = [name for name in plugins(run) if name not in ("item-knn", "popular")]
    for name in others:
        run("plugins", "disable", name)
    assert run("train").exit_code == 0
    shown = json.loads(run("release", "show", "--format", "json").stdout)
    assert "item-knn" in {row["name"] for row in shown["members"]}


def test_one_that_is_isolated_recommends_the_same(shop: Path, run: Run) -> None:
    recommend = ("recommend", "person-0", "--explain", "--format", "json")
    before = json.loads(run(*recommend).stdout)
    done = run("plugins", "isolate", "item-knn")
    assert done.output == "item-knn works in a process of its own.\n"
    assert plugins(run)["item-knn"]["isolated"] == "yes"
    assert json.loads(run(*recommend).stdout) == before
    assert run("train", "--only", "item-knn", "--only", "popular").exit_code == 0
    answer = json.loads(run(*recommend).stdout)
    assert "item-knn" in answer[0]["weights"]
    assert answer[0]["problems"] == []
    done = run("plugins", "isolate", "--off", "item-knn")
    assert done.output == "item-knn works in the process of the engine.\n"
    assert plugins(run)["item-knn"]["isolated"] == ""


def test_only_recommenders_can_be_isolated(shop: Path, run: Run) -> None:
    assert run("plugins", "isolate", "nothing").exit_code == 1
    assert plugins(run)["item-knn"]["isolated"] == ""


def test_settings_are_shown_as_they_are_set(shop: Path, run: Run) -> None:
    done = run("plugins", "set", "item-knn", "neighbours=20", "shrinkage=0.5")
    assert done.output == "item-knn is set up. `tastemaker train` uses it.\n"
    settings = plugins(run)["item-knn"]["settings"]
    assert "neighbours=20" in settings
    assert "shrinkage=0.5" in settings


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("set", "item-knn", "neighbours=many"), "neighbours is 'many'; it must be a whole number"),
        (("set", "item-knn", "neighbours=-1"), "neighbours is -1"),
        (("set", "item-knn", "colour=red"), "colour"),
        (("set", "item-knn", "neighbours"), "is not SETTING=VALUE"),
        (("set", "no-such", "a=1"), "There is no recommender 'no-such'"),
        (("disable", "no-such"), "There is no recommender 'no-such'"),
        (("enable", "no-such"), "There is no recommender 'no-such'"),
    ],
)
def test_what_cannot_be_set_changes_nothing(
    shop: Path, run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    before = plugins(run)
    done = run("plugins", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert reason in done.stderr
    assert plugins(run) == before


def test_one_is_shown_with_the_meaning_of_its_settings(shop: Path, run: Run) -> None:
    run("plugins", "set", "item-knn", "neighbours=20")
    shown = json.loads(run("plugins", "show", "item-knn", "--format", "json").stdout)
    (row,) = [row for row in shown["settings"] if row["setting"] == "neighbours"]
    assert (row["value"], row["default"]) == (20, 50)
    assert row["allowed"] == "a whole number, 1 to 1000"
    assert row["meaning"]
    assert "Nearest neighbours" in run("plugins", "show", "item-knn").output
    done = run("plugins", "show", "nobody")
    assert done.exit_code == 1
    assert "plugins list" in done.stderr


def test_settings_are_reset_one_by_one_or_all(shop: Path, run: Run) -> None:
    run("plugins", "set", "item-knn", "neighbours=20", "shrinkage=0.5")
    assert run("plugins", "reset", "item-knn", "neighbours").exit_code == 0
    assert "neighbours=50" in plugins(run)["item-knn"]["settings"]
    assert "shrinkage=0.5" in plugins(run)["item-knn"]["settings"]
    assert run("plugins", "reset", "item-knn").exit_code == 0
    assert "shrinkage=0.2" in plugins(run)["item-knn"]["settings"]
    done = run("plugins", "reset", "item-knn", "colour")
    assert done.exit_code == 1
    assert "has no setting colour" in done.stderr
