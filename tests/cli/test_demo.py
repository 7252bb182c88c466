from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest
from click.testing import Result

Run: TypeAlias = Callable[..., Result]
Process: TypeAlias = Callable[..., "CompletedProcess[str]"]

LIGHT = ("--only", "popular", "--only", "item-knn", "--only", "transition")
SHOWN = (
    "A customer with a long history",
    "A customer with a single purchase",
    "A visitor who is not in the database",
)


def test_a_part_of_the_real_data_from_nothing_to_reasons(bare: Path, run: Run) -> None:
    done = run("demo", "--customers", "100", *LIGHT, "--directory", "gifts")
    assert done.exit_code == 0
    for text in ("3,665", "102", "blend", "ndcg@10", *SHOWN, "because", "popular with many people"):
        assert text in done.output
    assert "13777: 197 interactions known, recommended by release 1" in done.output
    assert {"tastemaker.db", "tastemaker.key"} <= {file.name for file in (bare / "gifts").iterdir()}
    assert "cd gifts && tastemaker recommend" in done.output


def test_one_can_go_on_with_it(bare: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("demo", "--customers", "1", "--only", "popular", "--directory", "d").exit_code == 0
    monkeypatch.chdir(bare / "d")
    assert "18113: 1 interactions known" in run("recommend", "18113", "--explain").output
    monkeypatch.chdir(bare)
    again = run("demo", "--customers", "1", "--only", "popular", "--directory", "d")
    assert again.exit_code == 1
    assert "a key is never overwritten" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--directory", "items.csv/shop"), "The folder items.csv/shop cannot be made: Not a"),
        (("--only", "no-such"), "There is no recommender 'no-such'"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    bare: Path, run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    done = run("demo", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert reason in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_demonstration(bare: Path, process: Process) -> None:
    done = process("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4,338" in done.stdout
    for text in SHOWN:
        assert text in done.stdout
    assert not (bare / "tastemaker.db").exists()
