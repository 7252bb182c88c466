"""The package's public names: all there, all where they say, and none loaded before its time."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tastemaker

LOADED = "import sys; print(*(name for name in ('numpy', 'sqlalchemy') if name in sys.modules))"


def loaded_by(statement: str) -> list[str]:
    """Which of the large packages a fresh process has loaded after the statement."""
    command = [sys.executable, "-c", f"{statement}; {LOADED}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def named_for_checkers() -> dict[str, str]:
    """For each public name, the module that type checkers are told it comes from."""
    tree = ast.parse(Path(tastemaker.__file__).read_text(encoding="utf-8"))
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        alias.name: str(node.module)
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_checkers_are_told_every_public_name() -> None:
    assert sorted(named_for_checkers()) == tastemaker.__all__


@pytest.mark.parametrize(("name", "module"), named_for_checkers().items())
def test_a_public_name_is_what_checkers_are_told(name: str, module: str) -> None:
    __import__(module)
    assert getattr(tastemaker, name) is getattr(sys.modules[module], name)
    assert name in dir(tastemaker)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="'tastemaker' has no attribute 'Recomender'"):
        getattr(tastemaker, "Recomender")  # noqa: B009 (type checkers refuse it too)


def test_importing_the_package_loads_nothing_large() -> None:
    assert loaded_by("import tastemaker") == []


def test_a_plugin_loads_the_contract_and_not_the_engine() -> None:
    contract = "Items, People, Progress, Recommender, Settings, State, TrainingData"
    assert loaded_by(f"from tastemaker import {contract}, hookimpl, setting") == ["numpy"]
