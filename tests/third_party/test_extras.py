"""Commands and metrics of an installed package."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[..., dict[str, str]]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(third_party: Install, tmp_path: Path) -> Run:
    """Runs `tastemaker` where the package is installed."""

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("tastemaker")), *arguments],
            cwd=tmp_path,
            env=third_party("extras"),
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def test_a_command_of_a_plugin_runs_and_is_listed(run: Run) -> None:
    assert run("greet", "Ada").stdout == "Hello, Ada!\n"
    listed = run("--help").stdout
    assert "Greets NAME." in listed and "Does odd things." in listed
    done = run("greet")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing argument 'NAME'" in done.stderr


def test_one_that_fails_ends_in_a_message(run: Run) -> None:
    done = run("odd", "fall")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: The command odd of tastemaker-extras 0.3 failed: Runtime")
    assert "over a stone" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_of_tastemakers_own_stays_its_own_and_the_other_is_told(run: Run) -> None:
    assert run("init").returncode == 0
    assert "not trained" not in run("train").stdout
    rows = {row["name"]: row for row in json.loads(run("plugins", "list", "--format=json").stdout)}
    assert rows["train"]["state"] == "failed"
    assert rows["train"]["problem"] == "the name is that of a command of Tastemaker's own"
    assert (rows["greet"]["kind"], rows["greet"]["state"]) == ("command", "enabled")
    assert rows["greet"]["what_it_is"] == "Greets NAME."
    assert (rows["precision"]["kind"], rows["precision"]["state"]) == ("metric", "enabled")


def test_the_check_of_a_package_finds_them(run: Run) -> None:
    done = run("plugins", "check", "tastemaker-extras", "--format", "json")
    rows = json.loads(done.stdout)
    assert {row["plugin"]: row["outcome"] for row in rows} == {
        "greet": "passed",
        "odd": "passed",
        "train": "passed",
        "precision": "passed",
    }


def test_a_command_that_nobody_brings_is_unknown(run: Run) -> None:
    done = run("grete")
    assert done.returncode == 2
    assert "No such command 'grete'" in done.stderr
