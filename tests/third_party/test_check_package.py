"""`tastemaker plugins check`: on installed packages, on modules, and on what does not end."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tastemaker.cli import main
from tastemaker.testing import CONTRACT, RERANKER_CONTRACT

Install = Callable[..., dict[str, str]]

MODULE = '''
import os, time
from tastemaker import Recommender, State, hookimpl

class Odd(Recommender):
    """Does what it should not."""
    name = "odd"
    family = "content"
    def fit(self, data, progress):
        {fit}
        return self
    def score(self, people):
        {score}
    def state(self):
        return State()
    @classmethod
    def restore(cls, state):
        return cls()

@hookimpl
def tastemaker_recommenders(register):
    register(Odd)
'''

RERANKER = '''
import numpy as np
from tastemaker import Reranker, hookimpl

class Even(Reranker):
    """Lifts the even items."""
    name = "even"
    def adjust(self, lists):
        return (lists.items % 2 == 0).astype(np.float32)

@hookimpl
def tastemaker_rerankers(register):
    register(Even)
'''


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Any]:
    """Runs the command in a folder: its exit status, and its rows or what it says of an error.

    With an environment, in which packages are installed, as a program; else in this process.
    """

    def run(package: str, environment: dict[str, str] | None = None, *options: str) -> Any:
        command = ["plugins", "check", package, "--format", "json", *options]
        if environment is None:
            with contextlib.chdir(tmp_path):
                here = CliRunner().invoke(main, command)
            return here.exit_code, json.loads(here.stdout) if here.stdout else here.stderr
        done = subprocess.run(
            [str(Path(sys.executable).with_name("tastemaker")), *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    return run


def outcomes(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["check"]: row["outcome"] for row in rows}


def failed(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["check"]: row["message"] for row in rows if row["outcome"] == "failed"}


def test_an_installed_package_that_is_sound_passes(
    third_party: Install, checked: Callable[..., Any]
) -> None:
    status, rows = checked("Tastemaker_Together", third_party("good"))
    assert status == 0
    passed = dict.fromkeys((one.__name__ for one in CONTRACT), "passed")
    assert outcomes(rows) == passed | {"cost": "measured"}
    assert {(row["plugin"], row["kind"]) for row in rows} == {("together", "recommender")}
    assert "µs a person" in rows[-1]["message"]


@pytest.mark.parametrize(
    ("name", "check", "message"),
    [
        ("broken-import", "check_found", "cannot be imported: ModuleNotFoundError"),
        ("duplicate", "check_found", "the name ease is taken by tastemaker"),
        ("broken-shape", "check_scores", "instead of (20, 10)"),
        ("broken-score", "check_scores", "score raised SystemExit"),
        ("broken-fit", "check_scores", "fit raised RuntimeError"),
    ],
)
def test_one_that_is_broken_fails_once_and_is_told(
    third_party: Install, checked: Callable[..., Any], name: str, check: str, message: str
) -> None:
    package = "another-ease" if name == "duplicate" else name
    status, rows = checked(f"tastemaker-{package}", third_party(name))
    assert status == 1
    assert list(failed(rows)) == [check]
    assert message in failed(rows)[check]


def test_a_reranker_in_a_module_of_this_folder_is_checked(
    tmp_path: Path, checked: Callable[..., Any]
) -> None:
    (tmp_path / "even.py").write_text(RERANKER)
    status, rows = checked("even")
    assert status == 0
    assert outcomes(rows) == dict.fromkeys((one.__name__ for one in RERANKER_CONTRACT), "passed")
    assert {row["kind"] for row in rows} == {"re-ranker"}


@pytest.mark.parametrize(
    ("fit", "score", "limit", "check", "message"),
    [
        ("while True: pass", "pass", "8s", "check_inputs_stay", "had not ended after 8 s"),
        ("os._exit(0)", "pass", "60s", "check_inputs_stay", "ended the process"),
        ("print('[')", "return None", "60s", "check_scores", "score returned a NoneType"),
    ],
)
def test_what_a_plugin_does_to_its_process_does_not_reach_the_command(
    tmp_path: Path,
    checked: Callable[..., Any],
    fit: str,
    score: str,
    limit: str,
    check: str,
    message: str,
) -> None:
    (tmp_path / "odd.py").write_text(MODULE.format(fit=fit, score=score))
    status, rows = checked("odd", None, "--time-limit", limit)
    assert status == 1
    assert list(failed(rows)) == [check]
    assert message in failed(rows)[check]


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ("no-such-package", "There is no installed package and no module 'no-such-package'"),
        ("../odd", "There is no installed package"),
        ("numpy", "numpy is installed, but announces no plugin"),
    ],
)
def test_where_there_is_nothing_to_check_the_remedy_is_named(
    checked: Callable[..., Any], package: str, reason: str
) -> None:
    status, told = checked(package)
    assert status == 1
    assert reason in told
    assert "Traceback" not in told


def test_a_hook_that_there_is_none_of_is_named_with_those_there_are(
    tmp_path: Path, checked: Callable[..., Any]
) -> None:
    text = RERANKER.replace("tastemaker_rerankers", "tastemaker_reranker")
    (tmp_path / "even.py").write_text(text)
    status, rows = checked("even")
    assert status == 1
    (message,) = failed(rows).values()
    assert "there is no hook tastemaker_reranker" in message
    assert "tastemaker_recommenders(register), tastemaker_rerankers(register)" in message
