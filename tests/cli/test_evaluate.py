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
FAST = ("--only", "item-knn", "--only", "popular")


def test_a_table_a_verdict_and_a_page(shop: Path, run: Run) -> None:
    done = run("evaluate", *FAST, "--report", "report.html")
    assert done.exit_code == 0, done.output
    for words in ("item-knn", "popular", "blend", "ndcg@10", "coverage@10", "best member"):
        assert words in done.stdout
    assert "The blend is as good as its best member" in done.stdout
    assert done.stderr == "The page is in report.html.\n"
    page = (shop / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "The blend is as good as" in page


def test_json_and_csv_hold_every_measure(shop: Path, run: Run) -> None:
    done = run("evaluate", *FAST, "--split", "last", "--cutoffs", "3,1", "--format", "json")
    value = json.loads(done.stdout)
    assert (value["split"], value["cutoffs"], value["people"]) == ("last", [1, 3], 24)
    assert [one["name"] for one in value["models"]] == ["item-knn", "popular", "blend"]
    assert value["models"][0]["measures"]["hit_rate@3"]["mean"] == 1
    done = run("evaluate", "--only", "popular", "--split", "people", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["recommender"] for row in rows} == {"popular", "blend"}
    names = {row["measure"].split("@")[0] for row in rows}
    assert names == {
        *("ndcg", "recall", "hit_rate", "mrr"),
        *("coverage", "novelty", "diversity", "popularity_gap"),
    }


def test_the_release_that_serves_goes_on_serving(shop: Path, run: Run) -> None:
    before = (shop / "tastemaker.db").read_bytes()
    listed = run("release", "list").stdout
    assert run("evaluate", "--only", "popular").exit_code == 0
    assert run("release", "list").stdout == listed
    assert (shop / "tastemaker.db").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("--split", "future"), 2, "'future' is not one of"),
        (("--cutoffs", "ten"), 2, "not a list of whole numbers"),
        (("--cutoffs", "0"), 1, "The cutoff 0 is not a whole number from 1 to 1000"),
        (("--people", "0"), 2, "--people"),
        (("--only", "magic"), 1, "There is no recommender 'magic'"),
        (("--report", "nowhere/report.html"), 1, "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(
    shop: Path, run: Run, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    done = run("evaluate", *arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert reason in done.stderr


def test_a_closed_folder_is_not_called_missing(
    shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "its folder is closed to you" in run("evaluate", "--report", "report.html").stderr


def test_with_too_little_data_it_says_so(bare: Path, run: Run) -> None:
    assert run("init").exit_code == 0
    assert "no interactions to learn from" in run("evaluate").stderr
    (bare / "one.csv").write_text("user_id,item_id,timestamp\nann,a,2026-01-01\n")
    assert run("import", "interactions", "one.csv").exit_code == 0
    done = run("evaluate", "--split", "last")
    assert done.exit_code == 1
    assert "too little data for the split 'last'" in done.stderr
