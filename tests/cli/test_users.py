from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def test_what_is_known_of_a_person_is_shown(shop: Path, run: Run) -> None:
    known = json.loads(run("users", "show", "person-1").stdout)
    assert (known["user_id"], known["attributes"]) == ("person-1", {"town": "Town 1"})
    assert known["interactions"] == 5


def test_everything_about_a_person_is_exported(shop: Path, run: Run) -> None:
    known = json.loads(run("users", "export", "person-1").stdout)
    assert known["attributes"] == {"town": "Town 1"}
    assert [one["item_id"] for one in known["interactions"]] == [
        f"item-{i}" for i in (1, 3, 5, 7, 9)
    ]
    assert known["interactions"][0] == {
        "item_id": "item-1",
        "kind": "like",
        "value": 1.0,
        "timestamp": "2020-09-13T12:27:40+00:00",
    }


def test_forgetting_asks_first(shop: Path, run: Run) -> None:
    done = run("users", "forget", "person-1", input="n\n")
    assert done.exit_code == 1
    assert "Delete everything stored about person-1?" in done.output
    assert run("users", "show", "person-1").exit_code == 0


def test_who_is_forgotten_is_gone(shop: Path, run: Run) -> None:
    done = run("users", "forget", "person-1", input="y\n")
    assert "Forgotten, with 5 interactions." in done.output
    assert "release 1" in done.output
    for command in ("show", "export", "forget"):
        arguments = ("--yes",) if command == "forget" else ()
        again = run("users", command, "person-1", *arguments)
        assert (again.exit_code, again.stdout) == (1, "")
        assert "There is no user with this id" in again.stderr
        assert "person-1" not in again.stderr
    left = run("export", "interactions", "-").stdout
    assert "person-10," in left
    assert "person-1," not in left


@pytest.mark.parametrize("command", ["show", "export"])
def test_a_stranger_is_not_made(shop: Path, run: Run, command: str) -> None:
    assert run("users", command, "stranger").exit_code == 1
    assert "stranger" not in run("export", "users", "-").stdout


def recommended(run: Run, user: str) -> list[str]:
    shown = run("recommend", user, "-k", "99", "--format", "json").stdout
    return [row["item_id"] for row in json.loads(shown)]


def test_what_a_person_says_is_kept_heeded_and_taken_back(shop: Path, run: Run) -> None:
    before = recommended(run, "person-1")
    best = before[0]
    done = run("users", "tell", "person-1", best, "never")
    assert done.stdout == "never is kept; the next answer heeds it.\n"
    assert recommended(run, "person-1") == before[1:]
    done = run("users", "tell", "person-1", best, "more")
    assert (
        done.stdout == "more is kept in place of what was told before; the next answer heeds it.\n"
    )
    assert best in recommended(run, "person-1")
    (told,) = json.loads(run("users", "export", "person-1").stdout)["interactions"][5:]
    assert (told["item_id"], told["kind"], told["value"]) == (best, "more", 1.0)
    assert run("users", "tell", "person-1", best, "forget").stdout == "Interactions removed: 1.\n"
    assert run("users", "tell", "person-1", best, "forget").stdout == "Interactions removed: 0.\n"
    assert recommended(run, "person-1") == before


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("person-1", "item-1", "perhaps"), 2, "'perhaps' is not one of"),
        (("person-1", "no-such", "less"), 1, "There is no item 'no-such'"),
        (("person-1", "no-such", "forget"), 1, "There is no item 'no-such'"),
        (("stranger", "item-1", "forget"), 1, "There is no user with this id"),
        (("", "item-1", "less"), 1, "user_id is empty"),
    ],
)
def test_what_cannot_be_told_is_refused(
    shop: Path, run: Run, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    done = run("users", "tell", *arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert reason in done.stderr
    assert "stranger" not in run("export", "users", "-").stdout


def test_merge_after_a_log_in(shop: Path, run: Run) -> None:
    done = run("users", "merge", "person-0", "somebody")
    assert done.exit_code == 0
    assert "5 interactions moved, 0 were there already" in done.stdout
    assert run("users", "show", "person-0").exit_code == 1
    assert run("users", "merge", "somebody", "somebody").exit_code == 1


def test_take_back_what_was_recorded(shop: Path, run: Run) -> None:
    assert "0 interactions" in run("users", "remove", "person-0", "item-0", "--kind", "no").stdout
    assert "1 interactions" in run("users", "remove", "person-0", "item-0").stdout


def test_erasures_that_are_pending_are_finished_by_a_command(shop: Path, run: Run) -> None:
    with sqlite3.connect("tastemaker.db", isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM tastemaker_user").fetchall()
        done = run("users", "forget", "person-1", "--yes")
        assert "Pending: deleted bytes may still be in" in done.stdout
        assert "Trained while they were there: release 1 (item-knn)." in done.stdout
        assert "`tastemaker train`, by 2" in done.stdout
        done = run("users", "finish-erasures")
        assert (done.exit_code, done.stdout.splitlines()[0]) == (
            1,
            "0 erasures finished, 1 pending.",
        )
    reader.close()
    done = run("users", "finish-erasures")
    assert (done.exit_code, done.stdout) == (0, "1 erasures finished, 0 pending.\n")
