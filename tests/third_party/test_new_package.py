"""What `tastemaker plugins new` writes works as written: tested, typed, installed and found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.third_party.conftest import installed_from

KINDS = {"recommender": (), "re-ranker": ("--reranker",)}
LONGEST = "abcdefghijklmnopqrstuvwxyzabcd"


def tastemaker(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("tastemaker")), *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


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
    done = tastemaker("plugins", "new", "shared-words", *KINDS[request.param], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"the {request.param} shared-words" in done.stdout
    assert "tastemaker plugins check tastemaker-shared-words" in done.stdout
    return folder / "tastemaker-shared-words"


def test_its_own_tests_pass(package: Path) -> None:
    assert " passed" in passes(["pytest", "-q", "-W", "error"], package)


def test_its_types_hold(package: Path) -> None:
    assert "no issues found in 4 source files" in passes(["mypy"], package)


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
    done = tastemaker("plugins", "new", name, *KINDS[kind], "--directory", "here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    passes(["ruff", "check", "."], tmp_path / "here")
    passes(["ruff", "format", "--check", "."], tmp_path / "here")


def test_a_prefix_is_no_part_of_the_name(tmp_path: Path) -> None:
    assert tastemaker("plugins", "new", "tastemaker-tea", cwd=tmp_path).returncode == 0
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
    done = tastemaker("plugins", "new", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    folder = tmp_path / "tastemaker-tea"
    folder.mkdir()
    (folder / "notes").write_text("mine")
    done = tastemaker("plugins", "new", "tea", cwd=tmp_path)
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["notes"]
    (folder / "notes").unlink()
    assert tastemaker("plugins", "new", "tea", cwd=tmp_path).returncode == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = tastemaker("plugins", "new", "tea", "--directory", "file/below", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "file/below cannot be written: Not a directory." in done.stderr
