"""The package's public names: all there, all where they say, and none loaded before its time."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import tastemaker
import tastemaker.errors

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


@pytest.mark.parametrize("package", ["tastemaker", "tastemaker_plugins"])
def test_type_checkers_are_told_that_the_types_are_there(package: str) -> None:
    assert (files(package) / "py.typed").is_file()


def test_importing_the_package_loads_nothing_large() -> None:
    assert loaded_by("import tastemaker") == []


def test_a_plugin_loads_the_contract_and_not_the_engine() -> None:
    contract = "Items, People, Progress, Recommender, Settings, State, TrainingData"
    assert loaded_by(f"from tastemaker import {contract}, hookimpl, setting") == ["numpy"]


def own_types(hint: object, known: set[type]) -> None:
    """Adds the package's own types that an annotation names, and those of their public fields."""
    if isinstance(hint, type) and hint.__module__.startswith("tastemaker.") and hint not in known:
        known.add(hint)
        if dataclasses.is_dataclass(hint) or hasattr(hint, "_fields"):
            fields = get_type_hints(hint, everything())
            for name, of_field in fields.items():
                if not name.startswith("_"):
                    own_types(of_field, known)
    for part in get_args(hint):
        own_types(part, known)


def everything() -> dict[str, object]:
    """What annotations may name that a module imports for type checkers only."""
    from sqlalchemy.orm import Session

    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(tastemaker.__path__, "tastemaker.")
        if not found.name.startswith(("tastemaker.cli", "tastemaker.demo"))
    ]
    names = {name: value for module in modules for name, value in vars(module).items()}
    return {**names, "Session": Session}


def methods() -> dict[str, Any]:
    """The public methods and properties of `Tastemaker`."""
    found = {
        name: getattr(tastemaker.Tastemaker, name)
        for name in dir(tastemaker.Tastemaker)
        if not name.startswith("_")
    }
    return {name: getattr(method, "fget", method) for name, method in found.items()}


def test_every_type_that_the_engine_takes_or_gives_is_public() -> None:
    known: set[type] = set()
    given = everything()
    for method in (*methods().values(), tastemaker.Tastemaker.__init__):
        names = {**given, **vars(sys.modules[method.__module__])}
        for hint in get_type_hints(method, names).values():
            own_types(hint, known)
    assert len(known) > 20
    assert sorted({kind.__name__ for kind in known} - set(tastemaker.__all__)) == []


def test_every_error_that_the_engine_raises_is_public() -> None:
    documented = "\n".join(inspect.getdoc(method) or "" for method in methods().values())
    sections = re.findall(r"Raises:\n((?: {4}.*\n?)+)", documented)
    raised = set(re.findall(r"\b[A-Z]\w+Error\b", "".join(sections)))
    assert len(raised) > 5
    defined = {name for name, value in vars(tastemaker.errors).items() if isinstance(value, type)}
    assert sorted((raised | defined) - set(tastemaker.__all__)) == []
