"""What packages announce is read once, and again as soon as one is installed or removed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tastemaker.plugin.announced import announced


def install(folder: Path, name: str) -> Path:
    """Puts into a folder of packages what pip leaves there of one that announces a plugin."""
    place = folder / f"{name}-1.2.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (place / "entry_points.txt").write_text(f"[tastemaker]\n{name} = {name}_module\n")
    return place


def found() -> set[tuple[str, str, str]]:
    return {
        (point.value, source.distribution, source.version)
        for point, source in announced()
        if source.distribution != "tastemaker"
    }


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, in which nothing was changed for long."""
    monkeypatch.syspath_prepend(tmp_path)
    os.utime(tmp_path, (0, 0))
    return tmp_path


def test_what_is_as_it_was_is_not_read_again(packages: Path) -> None:
    assert announced() is announced()


def test_a_package_that_is_installed_meanwhile_is_found(packages: Path) -> None:
    before = found()
    install(packages, "green")
    assert found() - before == {("green_module", "green", "1.2")}


def test_one_that_is_removed_meanwhile_is_gone(packages: Path) -> None:
    place = install(packages, "green")
    os.utime(packages, (0, 0))
    assert ("green_module", "green", "1.2") in found()
    shutil.rmtree(place)
    assert ("green_module", "green", "1.2") not in found()


def test_another_working_directory_counts_where_modules_are_found_in_it(
    packages: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    install(elsewhere, "green")
    monkeypatch.syspath_prepend("")
    monkeypatch.chdir(packages)
    before = found()
    monkeypatch.chdir(elsewhere)
    assert found() - before == {("green_module", "green", "1.2")}


def test_a_path_that_is_not_there_brings_nothing(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found()
    monkeypatch.syspath_prepend(packages / "nowhere")
    assert found() == before
