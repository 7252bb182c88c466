from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def releases(run: Run) -> list[tuple[int, str]]:
    listed = json.loads(run("release", "list", "--format", "json").stdout)
    return [(row["release"], row["state"]) for row in listed]


def test_a_release_is_listed_and_shown(shop: Path, run: Run) -> None:
    assert releases(run) == [(1, "active")]
    table = run("release", "list").output
    assert "ndcg@10" in table
    shown = run("release", "show").output
    assert "Release 1 (active): 24 people, 12 items, 120 interactions" in shown
    assert "Weight by length of" in shown
    whole = json.loads(run("release", "show", "1", "--format", "json").stdout)
    assert whole["number"] == 1
    assert run("release", "show", "--format", "csv").stdout.startswith("recommender,state,")


def test_one_that_is_kept_can_be_activated(shop: Path, run: Run) -> None:
    done = run("train", "--only", "popular", "--keep", "--format", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["number"] == 2
    assert releases(run) == [(2, "kept"), (1, "active")]
    assert run("release", "activate", "2").output == "Release 2 is active.\n"
    assert dict(releases(run))[2] == "active"
    assert dict(releases(run))[1] != "active"
    answer = json.loads(run("recommend", "person-0", "--explain", "--format", "json").stdout)
    assert answer[0]["release"] == 2
    assert answer[0]["weights"]["popular"] == 1


def test_training_says_how_each_recommender_measured(shop: Path, run: Run) -> None:
    done = run("train", "--only", "item-knn", "--only", "popular", "--seed", "7")
    assert done.exit_code == 0
    for word in ("item-knn", "popular", "blend", "ndcg@10", "recall@20"):
        assert word in done.stdout


def test_with_nothing_to_learn_from_training_says_so(bare: Path, run: Run) -> None:
    assert run("init").exit_code == 0
    done = run("train")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "import interactions" in done.stderr
    assert releases(run) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("train", "--only", "no-such"), "There is no recommender 'no-such'"),
        (("release", "show", "9"), "There is no release 9"),
        (("release", "activate", "9"), "There is no release 9"),
    ],
)
def test_what_is_not_there_is_named(
    shop: Path, run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert reason in done.stderr
    assert releases(run) == [(1, "active")]


def test_what_is_odd_about_the_data_is_said_first(shop: Path, run: Run) -> None:
    trained = run("train", "--only", "popular").stdout
    assert trained.startswith("The data: nothing is odd about it.\n")
    (shop / "odd.csv").write_text(
        "user_id,item_id,timestamp\nperson-0,item-0,4000000000\nperson-0,item-1,\n"
    )
    (shop / "new.csv").write_text("item_id,title\nunseen,A thing that nobody knows\n")
    run("import", "interactions", "odd.csv")
    run("import", "items", "new.csv")
    trained = run("train", "--only", "popular").stdout
    assert trained.startswith("The data")
    for word in ("interactions in the future", "left out", "without a time", "nobody has chosen"):
        assert word in trained
    shown = json.loads(run("release", "show", "3", "--format", "json").stdout)
    assert [one["check"] for one in shown["findings"]] == ["times", "times", "items"]
    assert "interactions in the future" in run("release", "show", "3").stdout


def test_who_is_declined_is_told_with_the_reason(shop: Path, run: Run) -> None:
    done = run("train", "--only", "popular", "--time-limit", "0.000001s")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "not begun: 50% of the time limit" in done.stderr
    assert releases(run) == [(1, "active")]
    done = run("train", "--only", "svd", "--only", "popular", "--memory-limit", "1")
    assert "declined" in done.stdout
    assert "more than the limit of 0 MB; see --memory-limit" in done.stdout.replace("\n", " ")


@pytest.mark.parametrize("option", ["--memory-limit", "--time-limit"])
def test_limits_that_cannot_be_read_are_refused(shop: Path, run: Run, option: str) -> None:
    done = run("train", option, "much")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "'much' is not a" in done.stderr


def test_quick_training_says_what_it_left_out(shop: Path, run: Run) -> None:
    done = run("train", "--quick", "--format", "json")
    assert done.exit_code == 0
    quick = json.loads(done.stdout)
    assert quick["quick"]
    states = {member["name"]: member["state"] for member in quick["members"]}
    assert "serving" in states.values() and "failed" not in states.values()
    left_out = [name for name, state in states.items() if state == "left out"]
    assert left_out
    (note,) = [note for note in quick["notes"] if note.startswith("Quick training left out")]
    assert all(name in note for name in left_out)
    assert "In release 1, trained in full," in note


def test_where_the_time_went_is_shown_on_demand(shop: Path, run: Run) -> None:
    trained = run("train", "--only", "popular", "--verbose").stdout
    for word in ("Seconds", "fold 1", "last fit", "saving", "everything"):
        assert word in trained
    assert "Seconds" in run("release", "show", "--verbose").stdout
    assert "Seconds" not in run("release", "show").stdout
    spans = json.loads(run("release", "show", "--format", "json").stdout)["profile"]
    assert {"stage", "what", "seconds", "processor"} == set(spans[0])
    assert {"reading", "fold 1", "weights", "last fit", "saving"} <= {one["stage"] for one in spans}


def test_training_on_conditions_says_why_or_why_not(shop: Path, run: Run) -> None:
    done = run("train", "--if-older-than", "1d", "--if-new", "1000")
    assert done.exit_code == 0
    assert "Nothing was trained. Release 1 is only" in done.output
    shown = json.loads(run("train", "--if-new", "1", "--format", "json").stdout)
    assert (shown["trained"], shown["release"]) == (False, None)
    done = run("train", "--if-older-than", "0.000001s", "--only", "popular", "--format", "json")
    shown = json.loads(done.stdout)
    assert (shown["trained"], shown["release"]["number"]) == (True, 2)
    assert shown["reason"].startswith("Release 1 is")
    assert run("train", "--if-older-than", "soon").exit_code == 1
