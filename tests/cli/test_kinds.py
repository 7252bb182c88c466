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


def listed(run: Run) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(run("kinds", "list", "--format", "json").stdout)
    return rows


def row(kind: str, weight: float, interactions: int, repeatable: bool = False) -> dict[str, object]:
    """A kind as it is listed."""
    return {
        "kind": kind,
        "weight": weight,
        "interactions": interactions,
        "repeatable": repeatable,
    }


def test_kinds_are_listed_by_name_with_weight_and_interactions(shop: Path, run: Run) -> None:
    views = (
        "user_id,item_id,kind,timestamp\nann,item-1,view,1\nann,item-2,view,2\nann,item-2,buy,3\n"
    )
    (shop / "views.csv").write_text(views)
    assert run("import", "interactions", "views.csv").exit_code == 0
    assert run("kinds", "set", "view", "0.1").exit_code == 0
    expected = [("buy", 1.0, 1, False), ("like", 1.0, 120, False), ("view", 0.1, 2, False)]
    assert [tuple(row.values()) for row in listed(run)] == expected
    table = run("kinds", "list").stdout
    assert [line.split() for line in table.splitlines()[3:6]] == [
        ["buy", "1", "1", "no"],
        ["like", "1", "120", "no"],
        ["view", "0.1", "2", "no"],
    ]
    printed = list(csv.reader(io.StringIO(run("kinds", "list", "--format", "csv").stdout)))
    assert printed[0] == ["kind", "weight", "interactions", "repeatable"]
    assert printed[3] == ["view", "0.1", "2", "False"]


def test_where_there_is_no_kind_it_says_where_they_come_from(bare: Path, run: Run) -> None:
    run("init")
    done = run("kinds", "list", "--format", "json")
    assert json.loads(done.stdout) == []
    assert "they come with interactions" in done.stderr


def test_a_weight_is_set_and_said(shop: Path, run: Run) -> None:
    done = run("kinds", "set", "like", "0.5")
    assert done.stdout.startswith("like has the weight 0.5 from now on")
    assert done.stderr == ""
    assert listed(run) == [row("like", 0.5, 120)]


@pytest.mark.parametrize(
    ("arguments", "weight", "repeatable", "said"),
    [
        (("--repeatable",), 1.0, True, "by like alone may be recommended again"),
        (("--weight", "-1"), -1.0, False, "like has the weight -1"),
        (("-1", "--repeatable"), -1.0, True, "like has the weight -1"),
        (("--no-repeatable",), 1.0, False, "by like alone may not be recommended again"),
    ],
)
def test_a_kind_may_be_repeatable(
    shop: Path, run: Run, arguments: tuple[str, ...], weight: float, repeatable: bool, said: str
) -> None:
    done = run("kinds", "set", "like", *arguments)
    assert said in done.stdout
    assert listed(run) == [row("like", weight, 120, repeatable)]


def test_what_is_repeatable_is_recommended_again(shop: Path, run: Run) -> None:
    def best() -> set[str]:
        shown = run("recommend", "person-1", "-k", "99", "--format", "json").stdout
        return {one["item_id"] for one in json.loads(shown)}

    before = best()
    assert "item-1" not in before
    assert run("kinds", "set", "like", "--repeatable").exit_code == 0
    assert before < best()
    assert "item-1" in best()
    assert run("kinds", "set", "like", "--no-repeatable").exit_code == 0
    assert best() == before


@pytest.mark.parametrize("weight", ["-1", "-.5", "0", "1e3"])
def test_a_new_kind_is_made_and_its_weight_may_be_negative(
    shop: Path, run: Run, weight: str
) -> None:
    done = run("kinds", "set", "dislike", weight)
    assert done.exit_code == 0
    assert "no interaction is of the kind dislike yet" in done.stderr
    assert listed(run)[0] == row("dislike", float(weight), 0)


@pytest.mark.parametrize(("weight", "learned"), [("1", True), ("0", False), ("-1", False)])
def test_only_positive_weights_are_learned_from(
    bare: Path, run: Run, weight: str, learned: bool
) -> None:
    rows = "".join(f"visitor-{n},bait,skip,{1_600_500_000 + n}\n" for n in range(100))
    (bare / "skips.csv").write_text("user_id,item_id,kind,timestamp\n" + rows)
    assert run("init").exit_code == 0
    for file in ("likes.csv", "skips.csv"):
        assert run("import", "interactions", file).exit_code == 0
    assert run("kinds", "set", "skip", weight).exit_code == 0
    assert run("train", "--only", "popular").exit_code == 0
    (best,) = json.loads(run("recommend", "nobody", "-k", "1", "--format", "json").stdout)
    assert (best["item_id"] == "bait") is learned
    # Whatever it weighs, what a person has had to do with is not recommended again.
    shown = json.loads(run("recommend", "visitor-0", "-k", "99", "--format", "json").stdout)
    assert len(shown) == 12
    assert "bait" not in {row["item_id"] for row in shown}


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("like", "much"), 2, "'much' is not a valid float"),
        (("like",), 2, "Give a WEIGHT, --repeatable or --no-repeatable"),
        (("like", "1", "--weight", "2"), 2, "WEIGHT is given twice"),
        (("less", "1"), 1, "give one below 0"),
        (("never", "--repeatable"), 1, "never recommended again"),
        (("like", "nan"), 1, "weight is nan; it must be a finite number"),
        (("like", "inf"), 1, "weight is inf; it must be a finite number"),
        (("like", "1e16"), 1, "weight is 1e+16; it must be a finite number within ±1e+15"),
        (("", "1"), 1, "kind is empty"),
        ((" ", "1"), 1, "kind is only white space"),
        (("k" * 65, "1"), 1, "kind is 65 bytes long; the most is 64"),
        (("like", "--loud", "1"), 2, "'--loud' is not a valid float"),
    ],
)
def test_what_cannot_be_set_is_refused(
    shop: Path, run: Run, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    done = run("kinds", "set", *arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert reason in done.stderr
    assert listed(run) == [row("like", 1.0, 120)]
