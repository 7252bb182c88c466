"""Distributions of strangers: installed by pip for real, seen by subprocesses only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

DISTRIBUTIONS = Path(__file__).parent / "distributions"

ThirdParty: TypeAlias = Callable[..., dict[str, str]]
"""`third_party("good", "broken-fit")` gives a process's environment in which they are installed."""

InProcess: TypeAlias = Callable[..., Any]
"""`in_process(code, environment)` gives what `code` printed as JSON on its last line."""


@pytest.fixture(scope="session")
def third_party(tmp_path_factory: pytest.TempPathFactory) -> ThirdParty:
    """Installs distributions, each once and into a folder of its own."""
    installed: dict[str, Path] = {}

    def environment(*names: str) -> dict[str, str]:
        for name in names:
            if name not in installed:
                installed[name] = _install(name, tmp_path_factory.mktemp(name))
        places = [str(installed[name]) for name in names]
        inherited = os.environ.get("PYTHONPATH")
        return os.environ | {"PYTHONPATH": os.pathsep.join(places + [inherited or ""])}

    return environment


@pytest.fixture
def in_process(tmp_path: Path) -> InProcess:
    """Runs Python code in a process of its own."""

    def run(code: str, environment: dict[str, str]) -> Any:
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def installed_from(source: Path, target: Path) -> Path:
    """Installs the distribution in a folder into another one, without its dependencies."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--target", str(target)]
    subprocess.run([*command, str(source)], check=True, capture_output=True)
    return target


def _install(name: str, target: Path) -> Path:
    source = target / "source"
    # built from a copy: nothing may be left in the source tree
    _copy(DISTRIBUTIONS / name, source)
    return installed_from(source, target)


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for file in source.iterdir():
        if file.is_file():
            (target / file.name).write_bytes(file.read_bytes())
