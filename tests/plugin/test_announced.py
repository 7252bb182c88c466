"""What packages announce is read once, and again where something was installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tastemaker.plugin.announced import announced
from tastemaker.plugin.registry import Registry


def install(folder: Path, name: str) -> None:
    """A package that announces one plugin, as pip would lay it there."""
    described = folder / f"{name}-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[tastemaker]\n{name} = {name}_module\n")


def names() -> set[str]:
    return {point.name for point, _ in announced()}


def test_it_is_not_read_again_while_nothing_changes() -> None:
    assert announced() is announced()
    assert {"popularity", "ease"} <= names()


def test_what_is_installed_later_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "first")
    monkeypatch.syspath_prepend(tmp_path)
    assert "first" in names() and "second" not in names()
    install(tmp_path, "second")
    os.utime(tmp_path, (1, 1))  # the clock of a file system may be too coarse to tell
    assert {"first", "second"} <= names()
    (failed,) = (one for one in Registry().plugins if one.name == "second")
    assert failed.origin == "second 1.0" and "cannot be imported" in failed.problem
    (tmp_path / "second-1.0.dist-info").rename(tmp_path / "second-1.0.gone")
    os.utime(tmp_path, (2, 2))
    assert "second" not in names()
