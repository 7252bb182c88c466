"""What the tests of the pages share: folders that scripts made, and the site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.conftest import created
from tests.docs.snippets import FOLDER, ROOT, light, prepared, surroundings

STARTING = 60.0
"""Seconds in which the server of commands has started, on a busy machine."""


@pytest.fixture(scope="session")
def reader() -> Iterator[dict[str, str]]:
    """The environment of a reader without TensorFlow, whose `tastemaker` starts at once."""
    # a short path: that of a socket has 107 characters at most
    with tempfile.TemporaryDirectory() as folder:
        program, place = Path(folder, "tastemaker"), Path(folder, "socket")
        source = Path(__file__).with_name("command_client.py").read_text(encoding="utf-8")
        program.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
        program.chmod(0o755)
        environment = light(surroundings(), Path(folder))
        server = Path(__file__).with_name("command_server.py")
        process = subprocess.Popen([sys.executable, str(server), str(place)], env=environment)
        try:
            deadline = time.monotonic() + STARTING
            while not place.exists():
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
            yield environment
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def folder_for(
    reader: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path], Path]:
    """A new folder for a page, with what the page says that it begins with."""
    made: dict[str, Path] = {}

    def folder_for(page: Path) -> Path:
        folder = tmp_path_factory.mktemp("page")
        if found := FOLDER.search(page.read_text(encoding="utf-8")):
            name = found[1]
            if name not in made:
                made[name] = tmp_path_factory.mktemp(name)
                command = ["sh", "-eu", str(prepared(name))]
                subprocess.run(command, cwd=made[name], env=reader, check=True)
            shutil.copytree(made[name], folder, dirs_exist_ok=True)
        return folder

    return folder_for


@pytest.fixture(scope="module")
def postgresql_shop(postgresql_server: Engine) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, for the pages that speak of one."""
    yield from created(postgresql_server, "template1")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it, or the one that `make test` has just built so."""
    if built := os.environ.get("BUILT_SITE"):
        return Path(built)
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder
