"""The migrations are part of the package that pip installs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tastemaker.store.sql import migrate

CHECKOUT = Path(__file__).parents[3]

PROGRAM = """
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database
with Database("sqlite:///shop.db") as database:
    migrate.upgrade(database)
    migrate.check(database)
    print(migrate.current(database), migrate.migrations_folder())
"""


def run(*arguments: str, folder: Path, path: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder into which pip has installed the package, from a wheel as it is published."""
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), folder=CHECKOUT)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    options = ("--no-deps", "--no-index", "--quiet", "--target", str(site))
    run("-m", "pip", "install", *options, str(wheel), folder=tmp_path)
    return site


def test_an_installed_wheel_migrates_with_its_own_migrations(
    installed: Path, tmp_path: Path
) -> None:
    said = run("-c", PROGRAM, folder=tmp_path, path=str(installed))
    assert said.split() == [migrate.HEAD_REVISION, str(installed / "tastemaker" / "migrations")]


def test_a_checkout_migrates_with_the_migrations_beside_it() -> None:
    assert migrate.migrations_folder() == CHECKOUT / "migrations"
