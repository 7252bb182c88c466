from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]

LEFT_OUT = "item-10"
"""The only even item that person-0 has not chosen."""


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_table_for_people(shop: Path, run: Run) -> None:
    lines = run("recommend", "person-0", "-k", "2").output.splitlines()
    assert lines[1].split() == ["user", "id", "rank", "item", "id", "title", "score"]
    assert lines[3].split()[:5] == ["person-0", "1", LEFT_OUT, "Even", "thing"]


def test_json_for_programs(shop: Path, run: Run) -> None:
    done = run("recommend", "person-0", "person-1", "-k", "2", "--format", "json")
    answer = json.loads(done.stdout)
    assert [(row["user_id"], row["rank"]) for row in answer] == [
        ("person-0", 1),
        ("person-0", 2),
        ("person-1", 1),
        ("person-1", 2),
    ]
    assert answer[0]["item_id"] == LEFT_OUT
    assert answer[0]["title"] == "Even thing 10"
    assert answer[0]["score"] > answer[1]["score"]


def test_csv_for_spreadsheets(shop: Path, run: Run) -> None:
    done = run("recommend", "person-0", "-k", "3", "--format", "csv")
    assert done.stdout.splitlines()[0] == "user_id,rank,item_id,score"
    assert [row["rank"] for row in rows(done.stdout)] == ["1", "2", "3"]


def test_into_a_file(shop: Path, run: Run) -> None:
    done = run("recommend", "--all", "-k", "1", "--output", "out.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    lines = (shop / "out.csv").read_text().splitlines()
    written = rows((shop / "out.csv").read_text())
    assert len(written) == 24
    assert {row["user_id"] for row in written} == {f"person-{person}" for person in range(24)}
    assert [row["item_id"] for row in written if row["user_id"] == "person-0"] == [LEFT_OUT]
    assert (shop / "out.csv").stat().st_mode & 0o777 == 0o600
    (shop / "again.csv.part").symlink_to(shop / "out.csv")
    assert run("recommend", "--all", "-k", "3", "--output", "again.csv").exit_code == 0
    assert len((shop / "again.csv").read_text().splitlines()) > len(lines)
    assert (shop / "out.csv").read_text().splitlines() == lines
    on_screen = run("recommend", "--all", "-k", "1", "--output", "-")
    assert on_screen.stdout.splitlines() == lines


def test_whoever_a_file_names(shop: Path, run: Run) -> None:
    (shop / "who.txt").write_text("person-3\n\nperson-4\r\n")
    done = run("recommend", "--users-file", "who.txt", "-k", "1", "--format", "csv")
    assert [row["user_id"] for row in rows(done.stdout)] == ["person-3", "person-4"]
    named = run("recommend", "--users-file", "-", "-k", "1", "--format", "csv", input="person-3\n")
    assert rows(named.stdout) == rows(done.stdout)[:1]


def test_a_file_in_another_coding_is_refused_in_words(shop: Path, run: Run) -> None:
    (shop / "who.txt").write_bytes(b"person-3\nJos\xe9\n")
    done = run("recommend", "--users-file", "who.txt")
    assert done.exit_code == 1
    assert "UTF-8" in done.stderr


def test_everybody_in_batches_is_everybody(shop: Path, run: Run) -> None:
    done = run("recommend", "--all", "-k", "1", "--format", "csv")
    assert len(rows(done.stdout)) == 24


def test_somebody_unknown_is_answered_as_a_newcomer(shop: Path, run: Run) -> None:
    done = run("recommend", "nobody-knows-me", "-k", "3", "--format", "json")
    assert done.exit_code == 0
    assert len(json.loads(done.stdout)) == 3


def test_only_items_with_an_attribute(shop: Path, run: Run) -> None:
    done = run("recommend", "person-0", "--where", "parity=odd", "-k", "4", "--format", "json")
    numbers = [int(row["item_id"].removeprefix("item-")) for row in json.loads(done.stdout)]
    assert len(numbers) == 4
    assert all(number % 2 for number in numbers)
    both = ("--where", "parity=odd", "--where", "parity=even")
    done = run("recommend", "person-0", *both, "-k", "50", "--format", "json")
    assert len(json.loads(done.stdout)) == 7


def test_only_items_for_which_a_rule_holds(shop: Path, run: Run) -> None:
    def found(*rules: str) -> set[str]:
        named = [argument for rule in rules for argument in ("--where", rule)]
        done = run("recommend", "nobody", *named, "-k", "50", "--format", "json")
        return {row["item_id"] for row in json.loads(done.stdout)}

    odd = {f"item-{number}" for number in range(1, 12, 2)}
    assert found('parity == "odd"') == found('not (parity in ("even"))') == odd
    assert found("parity=odd", "title contains 'THING 1'") == {"item-1", "item-11"}
    assert found("parity=odd", "parity=even", "item_id > 'item-8'") == {"item-9"}
    assert found("created > days(-1) and parity exists", "parity=odd") == odd


def test_an_explanation_in_words(shop: Path, run: Run) -> None:
    text = run("recommend", "person-0", "--explain", "-k", "1").output
    assert "person-0: 5 interactions known, recommended by release 1" in text
    assert "Even thing 10" in text
    assert "item-knn 100%" in text


def test_an_explanation_for_programs_sums_to_the_score(shop: Path, run: Run) -> None:
    done = run("recommend", "person-0", "nobody", "--explain", "-k", "3", "--format", "json")
    known, unknown = json.loads(done.stdout)
    assert (known["user_id"], known["release"], known["history_length"]) == ("person-0", 1, 5)
    assert known["problems"] == []
    first = known["recommendations"][0]
    assert first["item_id"] == LEFT_OUT
    assert sum(first["contributions"].values()) == pytest.approx(first["score"], abs=1e-5)
    assert {why["item_id"] for why in first["reasons"]} <= {f"item-{i}" for i in range(0, 10, 2)}
    assert unknown["history_length"] == 0


def test_a_new_interaction_changes_the_next_answer(shop: Path, run: Run) -> None:
    (shop / "new.csv").write_text(f"user_id,item_id\nperson-0,{LEFT_OUT}\n")
    assert run("import", "interactions", "new.csv").exit_code == 0
    done = run("recommend", "person-0", "-k", "50", "--format", "csv")
    assert LEFT_OUT not in [row["item_id"] for row in rows(done.stdout)]


def test_what_is_most_like_an_item(shop: Path, run: Run) -> None:
    listed = json.loads(run("similar", "item-3", "-k", "5", "--format", "json").stdout)
    assert [row["rank"] for row in listed] == [1, 2, 3, 4, 5]
    assert {row["item_id"] for row in listed} == {f"item-{i}" for i in (1, 5, 7, 9, 11)}
    table = run("similar", "item-3", "-k", "1").output
    assert "Odd thing" in table


def test_where_nothing_can_be_said_the_reason_is(shop: Path, run: Run) -> None:
    assert run("plugins", "disable", "item-knn").exit_code == 0
    done = run("similar", "item-3", "--format", "csv")
    assert (done.exit_code, done.stdout) == (0, "rank,item_id,title,score\n")
    assert "No item is known to be similar to item-3" in done.stderr
    none = run("recommend", "person-0", "--where", "parity=neither", "--format", "json")
    assert (none.exit_code, none.stdout) == (0, "[]\n")
    assert "no item that may be shown is left" in none.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("recommend", ""), "user_id is empty"),
        (("recommend", "person-0", "--where", "colour=red"), "No item has the attribute 'colour'"),
        (("recommend", "person-0", "--where", "parity"), "neither true nor false for any item"),
        (("recommend", "person-0", "--where", "parity == odd"), "  parity == odd\n            ^"),
        (
            ("recommend", "--all", "--output", "nowhere/out.csv"),
            "nowhere/out.csv cannot be written",
        ),
        (("similar", "no-such-item"), "There is no item 'no-such-item'"),
    ],
)
def test_what_cannot_be_done_is_said(
    shop: Path, run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert reason in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("person-0", "--all"),
        ("--users-file", "no-such-file"),
        ("person-0", "-k", "0"),
        ("person-0", "--format", "xml"),
        ("person-0", "--explain", "--format", "csv"),
        ("person-0", "--explain", "--output", "out.csv"),
    ],
)
def test_wrong_usage_has_exit_status_2(shop: Path, run: Run, arguments: tuple[str, ...]) -> None:
    assert run("recommend", *arguments).exit_code == 2
    assert not (shop / "out.csv").exists()
