from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def items(done: Result) -> list[str]:
    return [row["item_id"] for row in json.loads(done.stdout)]


def test_a_surface_is_set_shown_used_and_removed(shop: Path, run: Run) -> None:
    kept = run("surfaces", "set", "short", "-k", "2", "--where", "parity=odd", "--seen", "include")
    assert kept.exit_code == 0
    assert "recommend --surface short" in kept.output
    shown = json.loads(run("surfaces", "show", "short").stdout)
    assert shown == {"k": 2, "where": 'parity in ("odd")', "seen": "include"}
    listed = json.loads(run("surfaces", "list", "--format", "json").stdout)
    assert [row["surface"] for row in listed] == ["short"]
    found = items(run("recommend", "person-0", "--surface", "short", "--format", "json"))
    assert len(found) == 2
    assert {int(item.removeprefix("item-")) % 2 for item in found} == {1}
    more = run("recommend", "person-0", "-k", "3", "--surface", "short", "--format", "json")
    assert len(items(more)) == 3
    assert run("surfaces", "remove", "short").exit_code == 0
    gone = run("recommend", "person-0", "--surface", "short")
    assert gone.exit_code == 1
    assert "no surface 'short'" in gone.stderr


def test_no_surfaces_are_said_to_be_none(shop: Path, run: Run) -> None:
    assert "no surfaces yet" in run("surfaces", "list").stderr


def test_a_request_is_read_from_json_a_file_or_standard_input(shop: Path, run: Run) -> None:
    text = '{"k": 2, "exclude": ["item-10"]}'
    (shop / "request.json").write_text(text)
    expected = items(
        run("recommend", "person-0", "-k", "2", "--exclude", "item-10", "--format", "json")
    )
    for given, typed in ((text, None), ("request.json", None), ("-", text)):
        done = run("recommend", "person-0", "--request", given, "--format", "json", input=typed)
        assert items(done) == expected
    missing = run("recommend", "person-0", "--request", "nowhere.json")
    assert missing.exit_code == 1
    assert "nowhere.json cannot be read" in missing.stderr


def test_a_session_without_a_user(shop: Path, run: Run) -> None:
    done = run(
        "recommend", "--recent", "item-0", "--recent", "item-2", "-k", "3", "--format", "json"
    )
    assert not {"item-0", "item-2"} & set(items(done))
    both = run("recommend", "person-0", "person-1", "--recent", "item-0")
    assert both.exit_code == 2
    assert "one person" in both.stderr


def test_the_next_page(shop: Path, run: Run) -> None:
    first = json.loads(
        run("recommend", "person-0", "-k", "2", "--explain", "--format", "json").stdout
    )
    second = run(
        "recommend", "person-0", "-k", "2", "--after", first[0]["after"], "--format", "json"
    )
    whole = items(run("recommend", "person-0", "-k", "4", "--format", "json"))
    shown = [one["item_id"] for one in first[0]["recommendations"]]
    assert [*shown, *items(second)] == whole


def test_what_goes_with_a_basket(shop: Path, run: Run) -> None:
    done = run(
        "together", "item-0", "item-2", "-k", "2", "--where", "parity=even", "--format", "json"
    )
    assert len(items(done)) == 2
    assert {int(item.removeprefix("item-")) % 2 for item in items(done)} == {0}


def test_a_factor_that_is_no_number_is_refused(shop: Path, run: Run) -> None:
    done = run("recommend", "person-0", "--boost", "parity=odd", "2")
    assert done.exit_code == 1
    assert "Write the factor first" in done.stderr
