"""What `tastemaker plugins new` writes works as written: tested, typed, installed and found."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.third_party.conftest import installed_from

from tastemaker.cli import main

KINDS = {"recommender": (), "re-ranker": ("--reranker",)}
LONGEST = "abcdefghijklmnopqrstuvwxyzabcd"


def new(*arguments: str, cwd: Path) -> Result:
    """Runs `tastemaker plugins new` in this process."""
    with contextlib.chdir(cwd):
        return CliRunner().invoke(main, ["plugins", "new", *arguments])


def passes(command: Sequence[str], cwd: Path, environment: Mapping[str, str] = os.environ) -> str:
    """What a Python module prints as a program of its own, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=KINDS)
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of each kind, as the command writes it."""
    folder = tmp_path_factory.mktemp("author")
    command = [str(Path(sys.executable).with_name("tastemaker")), "plugins", "new", "shared-words"]
    done = subprocess.run(
        [*command, *KINDS[request.param]], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"the {request.param} shared-words" in done.stdout
    assert "tastemaker plugins check tastemaker-shared-words" in done.stdout
    return folder / "tastemaker-shared-words"


def test_its_own_tests_pass(package: Path) -> None:
    assert " passed" in passes(["pytest", "-q", "-W", "error"], package)


@pytest.fixture(scope="module")
def types_known(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where mypy keeps what it knows of the engine and of NumPy: read once for both packages."""
    return str(tmp_path_factory.mktemp("types"))


def test_its_types_hold(package: Path, types_known: str) -> None:
    told = passes(["mypy", "--cache-dir", types_known], package)
    assert "no issues found in 4 source files" in told


def test_it_is_clean_and_formatted(package: Path) -> None:
    passes(["ruff", "check", "."], package)
    passes(["ruff", "format", "--check", "."], package)


def test_it_is_found_once_installed(package: Path, tmp_path: Path) -> None:
    place = installed_from(package, tmp_path / "installed")
    assert (place / "tastemaker_shared_words" / "py.typed").exists()
    paths = os.pathsep.join([str(place), os.environ.get("PYTHONPATH", "")])
    code = (
        "import json\n"
        "from tastemaker.plugin.registry import Registry\n"
        "print(json.dumps([one.row() for one in Registry().plugins]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        check=True,
    )
    (row,) = [one for one in json.loads(done.stdout) if one["name"] == "shared-words"]
    assert (row["distribution"], row["state"]) == ("tastemaker-shared-words", "enabled")
    assert row["problem"] == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["a", LONGEST])
def test_names_of_any_length_leave_it_clean(tmp_path: Path, kind: str, name: str) -> None:
    done = new(name, *KINDS[kind], "--directory", "here", cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    passes(["ruff", "check", "."], tmp_path / "here")
    passes(["ruff", "format", "--check", "."], tmp_path / "here")


def test_a_prefix_is_no_part_of_the_name(tmp_path: Path) -> None:
    assert new("tastemaker-tea", cwd=tmp_path).exit_code == 0
    text = (tmp_path / "tastemaker-tea" / "pyproject.toml").read_text()
    assert 'tea = "tastemaker_tea"' in text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Shared Words", "A plugin cannot be called 'Shared Words'. Use small letters"),
        ("../escape", "cannot be called"),
        ("", "cannot be called"),
        (LONGEST + "e", "use 30 letters at most"),
        ("diversity", "the engine's own"),
    ],
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    done = new(name, cwd=tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert reason in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    folder = tmp_path / "tastemaker-tea"
    folder.mkdir()
    (folder / "notes").write_text("mine")
    done = new("tea", cwd=tmp_path)
    assert done.exit_code == 1
    assert "is there already" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["notes"]
    (folder / "notes").unlink()
    assert new("tea", cwd=tmp_path).exit_code == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = new("tea", "--directory", "file/below", cwd=tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "file/below cannot be written: Not a directory." in done.stderr
