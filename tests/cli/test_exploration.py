from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from click.testing import Result

Run: TypeAlias = Callable[..., Result]


def explored(run: Run) -> list[bool]:
    answer = json.loads(run("recommend", "person-0", "--explain", "--format", "json").stdout)
    return [one["explored"] for one in answer[0]["recommendations"]]


def test_the_share_is_shown_and_set(shop: Path, run: Run) -> None:
    assert run("exploration").output.startswith("0.02 of the places")
    assert run("exploration", "1").output.startswith("1 of the places")
    Path("new.csv").write_text("item_id,title\n" + "".join(f"new-{n},new {n}\n" for n in range(20)))
    assert run("import", "items", "new.csv").exit_code == 0
    assert explored(run) == [False] * 3 + [True] * 7
    assert run("exploration", "0").output.startswith("0 of the places")
    assert not any(explored(run))


def test_what_is_no_share_is_refused(shop: Path, run: Run) -> None:
    refused = run("exploration", "1.5")
    assert refused.exit_code == 1
    assert "exploration share is 1.5" in refused.output
