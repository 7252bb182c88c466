"""A small shop, made and trained by the commands themselves, and a way to run commands on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import CliRunner, Result

from tastemaker.cli import main

PEOPLE, ITEMS = 24, 12
PARITY = ("even", "odd")
OURS = ("TASTEMAKER_DATABASE", "TASTEMAKER_KEY", "TASTEMAKER_KEY_FILE", "TASTEMAKER_KEY_COMMAND")

Run: TypeAlias = Callable[..., Result]
"""`run("train", "--only", "ease", input=None)`: the command in this process and folder."""

Process: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]
"""The same in a process of its own, as a shell would start it."""


def write_files(folder: Path) -> None:
    """Even people like even items and odd people odd ones; each leaves one out."""
    items = "".join(
        f"item-{item},{PARITY[item % 2].title()} thing {item},{PARITY[item % 2]}\n"
        for item in range(ITEMS)
    )
    people = "".join(f"person-{person},Town {person % 3}\n" for person in range(PEOPLE))
    likes = "".join(
        f"person-{person},item-{item},{1_600_000_000 + turn * 86_400 + person * 60}\n"
        for person in range(PEOPLE)
        for turn, item in enumerate(chosen(person))
    )
    (folder / "items.csv").write_text("item_id,title,parity\n" + items)
    (folder / "people.csv").write_text("user_id,town\n" + people)
    (folder / "likes.csv").write_text("user_id,item_id,timestamp\n" + likes)


def chosen(person: int) -> list[int]:
    """The items that a person likes, in the order of time."""
    turn = person // 2 % (ITEMS // 2)
    own = list(range(person % 2, ITEMS, 2))
    return (own[turn:] + own[:turn])[:-1]


def fill(run: Run) -> None:
    """Makes, fills and trains a shop by the commands."""
    for command in (
        ("init",),
        ("import", "items", "items.csv"),
        ("import", "users", "people.csv", "--feature", "town"),
        ("import", "interactions", "likes.csv", "--kind", "like"),
        ("train", "--only", "item-knn", "--only", "popular"),
    ):
        done = run(*command)
        assert done.exit_code == 0, done.output


def in_process(*arguments: str, input: str | bytes | None = None) -> Result:
    """Runs a command here; only exits may leave it, never an exception."""
    done = CliRunner().invoke(main, arguments, input=input)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained shop, its key and its files; to be copied, not to be used."""
    folder = tmp_path_factory.mktemp("shop")
    write_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder)
        fill(in_process)
    return folder


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the three files of a shop."""
    write_files(tmp_path)
    at_home(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def shop(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a trained shop on SQLite and its key."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    at_home(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Runs a command in this process."""
    return in_process


@pytest.fixture
def process() -> Process:
    """Runs a command in a process of its own."""

    def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("tastemaker"), *arguments],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def at_home(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Works in a folder, with nothing said about databases and keys."""
    patch.chdir(folder)
    for name in OURS:
        patch.delenv(name, raising=False)
