"""A first session from nothing, each command in a process of its own.

On SQLite; in the long form on PostgreSQL too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest

Process: TypeAlias = Callable[..., "CompletedProcess[str]"]


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_from_nothing_to_forgetting(database_url: str, bare: Path, process: Process) -> None:
    def run(*arguments: str) -> str:
        done = process(*arguments, TASTEMAKER_DATABASE=database_url)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    assert "is ready" in run("init")
    assert run("import", "items", "items.csv").startswith("12 items read: 12 new")
    assert run("import", "users", "people.csv", "--feature", "town").startswith("24 users read")
    assert run("import", "interactions", "likes.csv").startswith("120 interactions read: 120 new")
    assert "Release 1 (active)" in run("train", "--only", "item-knn", "--only", "popular")
    (best, *_) = json.loads(run("recommend", "person-0", "--format", "json"))
    assert best["item_id"] == "item-10"
    assert run("similar", "item-3", "--format", "csv").count("\n") > 1
    assert "Forgotten, with 5 interactions." in run("users", "forget", "person-0", "--yes")
    run("recommend", "--all", "-k", "1", "--output", "all.csv")
    assert len((bare / "all.csv").read_text().splitlines()) == 24
    assert run("export", "interactions", "-").count("\n") == 116
    assert "0 new" in run("import", "items", "items.csv")
