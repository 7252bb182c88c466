from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]


def test_delete_items(shop: Path, run: Run) -> None:
    assert run("items", "delete", "item-1", input="n\n").exit_code == 1
    done = run("items", "delete", "item-1", "item-3", "unknown", "--yes")
    assert done.exit_code == 0
    assert "2 items deleted, with 20 interactions" in done.stdout
    assert "1 of the ids belong to no item" in done.stderr
    answer = run("recommend", "person-0", "-k", "20", "--format", "csv")
    assert answer.exit_code == 0
    assert "item-1," not in answer.stdout
    assert "item-5," in answer.stdout
