"""`tastemaker health`: 0 where all is well, 1 and the reason where not, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run


def test_a_healthy_shop(shop: Path, run: Run) -> None:
    done = run("health")
    assert done.exit_code == 0
    assert "healthy" in done.output
    shown = json.loads(run("health", "--format", "json").output)
    assert (shown["healthy"], shown["release"], shown["key"]) == (True, 1, "right")


def test_csv_names_what_was_looked_at(shop: Path, run: Run) -> None:
    lines = run("health", "--format", "csv").output.splitlines()
    assert lines[:2] == ["what,state,problem", "all,healthy,"]


def test_no_database(bare: Path, run: Run) -> None:
    done = run("health", "--format", "json")
    assert done.exit_code == 1
    assert json.loads(done.output)["reachable"] is False
    assert "tastemaker init" in done.output


def test_a_database_that_cannot_be_reached(
    bare: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("init").exit_code == 0
    url = "postgresql://shop:secret-word@127.0.0.1:1/shop"
    done = run("health", "--database", url, "--format", "json")
    assert done.exit_code == 1
    shown = json.loads(done.output)
    assert (shown["healthy"], shown["reachable"], shown["key"]) == (False, False, "not known")
    assert "secret-word" not in done.output


def test_a_wrong_key(shop: Path, run: Run, tmp_path: Path) -> None:
    (shop / "tastemaker.key").rename(shop / "old.key")
    other = tmp_path / "other"
    other.mkdir()
    assert run("init", "--database", f"sqlite:///{other}/x.db").exit_code == 0
    shown = json.loads(run("health", "--format", "json").output)
    assert (shown["reachable"], shown["key"]) == (True, "wrong")


def test_no_key(shop: Path, run: Run) -> None:
    (shop / "tastemaker.key").unlink()
    done = run("health", "--format", "json")
    assert done.exit_code == 1
    shown = json.loads(done.output)
    assert (shown["key"], shown["reachable"]) == ("missing", None)
    assert "(not tried)" in run("health").output
