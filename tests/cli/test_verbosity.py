"""How a command is called and how much it says."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Process, Run


def test_it_runs_as_a_module(shop: Path) -> None:
    command = [sys.executable, "-m", "tastemaker", "release", "list", "--format", "csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("release,state,")
    done = subprocess.run([*command[:3], "-h"], capture_output=True, text=True, check=True)
    assert "python -m tastemaker" in done.stdout


def test_the_log_is_shown_when_it_is_wanted(shop: Path, process: Process) -> None:
    assert process("recommend", "person-0").stderr == ""
    done = process("-v", "recommend", "person-0")
    assert "INFO tastemaker.serving: Release 1 serves, loaded in" in done.stderr
    assert done.stdout == process("recommend", "person-0").stdout


def test_an_error_is_told_once(bare: Path, process: Process) -> None:
    assert process("init").returncode == 0
    done = process("train")
    assert done.returncode == 1
    assert done.stderr.count("no interactions to learn from") == 1
    done = process("-v", "train")
    assert "ERROR tastemaker.training: Training failed: TrainingError" in done.stderr


def test_quiet_is_without_notes(shop: Path, run: Run) -> None:
    (shop / "more.csv").write_text("user_id,item_id,shade\nperson-0,item-1,red\n")
    assert "note: nothing was read from shade" in run("import", "interactions", "more.csv").stderr
    done = run("-q", "import", "interactions", "more.csv")
    assert done.stderr == ""
    assert "1 interactions read" in done.stdout
    done = run("-q", "recommend")
    assert done.exit_code == 2
    assert "Name users" in done.stderr


def test_levels_are_as_before(shop: Path, run: Run) -> None:
    before = logging.getLogger("tastemaker").level, list(logging.getLogger("tastemaker").handlers)
    run("-vv", "release", "list")
    after = logging.getLogger("tastemaker").level, list(logging.getLogger("tastemaker").handlers)
    assert after == before


def test_ids_that_begin_with_a_dash_get_a_hint(shop: Path, run: Run) -> None:
    done = run("recommend", "-42")
    assert done.exit_code == 2
    assert "For an argument that begins with -, put -- before it: " in done.stderr
    assert "recommend -- -…" in done.stderr
    assert run("recommend", "-k", "2", "--", "-42").exit_code == 0
    assert "-- before" not in run("train", "-x").stderr
