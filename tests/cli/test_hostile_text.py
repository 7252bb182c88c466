"""Titles and ids that would steer a terminal, or be formulas to a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tastemaker.cli.echo import plain_line
from tastemaker.io.writers import without_formula
from tastemaker.validation.plain import plain_text

Run = Callable[..., Result]
TITLE = "\x1b]0;owned\x07\x9b31mred\u202egnp.exe\u2066"
PLAIN = "]0;owned31mredgnp.exe"


def test_what_a_terminal_obeys_is_taken_out() -> None:
    assert plain_text(f"a\tb\n{TITLE}\x7f\r") == f"a\tb\n{PLAIN}"
    assert plain_line("a\tb\nç 日本 👩‍👩‍👧") == "a b ç 日本 👩‍👩‍👧"


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@a", "\ta", "\ra", "-1+1", "=", "-"])
def test_what_might_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "-1.5", "+3e2", "'=1", "1-2"])
def test_what_is_none_stays(text: str) -> None:
    assert without_formula(text) == text


def test_a_title_does_not_steer_the_terminal(shop: Path, run: Run) -> None:
    items = [{"item_id": f"item-{item}", "title": TITLE} for item in range(12)]
    (shop / "items.jsonl").write_text("".join(json.dumps(one) + "\n" for one in items))
    assert run("import", "items", "items.jsonl").exit_code == 0
    for command in ((), ("--explain",), ("--format", "json"), ("--explain", "--format", "json")):
        output = run("recommend", "person-0", "-k", "1", *command).output
        assert "owned" in output
        assert not (set(TITLE) - set(PLAIN)) & set(output)
        if "json" in command:
            assert TITLE in json.dumps(json.loads(output), ensure_ascii=False).replace(
                "\\u001b", "\x1b"
            ).replace("\\u0007", "\x07")


def test_lists_and_exports_are_safe_for_spreadsheets(shop: Path, run: Run) -> None:
    formula = '=HYPERLINK("http://example.org")'
    (shop / "items.jsonl").write_text(json.dumps({"item_id": formula, "@price": -5}) + "\n")
    assert run("import", "items", "items.jsonl").exit_code == 0
    assert run("export", "items", "safe.csv", "--safe").exit_code == 0
    cells = [
        cell for line in csv.reader((shop / "safe.csv").read_text().splitlines()) for cell in line
    ]
    assert f"'{formula}" in cells
    assert "'@price" in cells
    assert "-5" in cells
    assert run("export", "items", "plain.csv").exit_code == 0
    assert formula in next(
        zip(*csv.reader((shop / "plain.csv").read_text().splitlines()), strict=True)
    )
    for where in (("--output", "-"), ("--format", "csv")):
        done = run("recommend", "=cmd", "-k", "1", "--safe", *where)
        assert list(csv.reader(io.StringIO(done.stdout)))[1][0] == "'=cmd"
    refused = run("export", "items", "safe.jsonl", "--safe")
    assert refused.exit_code == 1
    assert "safe is about formulas in CSV" in refused.output
