"""Who may import whom: every direction that the table below does not allow is refused, one by one.

The contracts stand in pyproject.toml, for `lint-imports`. Here a module is planted for each pair of
rooms, in a copy of the tree, that imports the one from the other; the contracts must report exactly
those that the table does not allow.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import grimp
import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {"tastemaker": ROOT / "engine", "tastemaker_plugins": ROOT / "plugins"}

JSON = {"json_types"}
BASE = {*JSON, "errors", "data"}
BLEND = {*BASE, "metrics"}
STORE = {*BASE, "validation"}
PLUGIN = {*BASE, "recommender", "reranker", "settings"}
REQUEST = {*BASE, "validation", "rules"}
SERVING = {*BLEND, *STORE, *PLUGIN, *REQUEST, "blend", "request", "reranking", "store", "plugin"}
TRAINING = {*SERVING, "progress", "holdout", "io", "spark"}
EVALUATION = {*TRAINING, "serving", "training", "tuning"}
OUTERMOST = {"cli", "django", "observing", "web"}

ALLOWED: dict[str, Set[str]] = {
    "errors": set(),
    "json_types": set(),
    "data": BASE - {"data"},
    "metrics": BASE,
    "settings": BASE - {"data"},
    "recommender": {*BASE, "settings"},
    "reranker": {*BASE, "settings"},
    "validation": {*JSON, "errors"},
    "blend": BLEND,
    "rules": {*BASE, "validation"},
    "request": REQUEST,
    "reranking": {*BASE, "reranker", "settings"},
    "store": STORE,
    "progress": {*JSON, "errors", "recommender"},
    "holdout": {*BLEND, "blend"},
    "io": {*STORE, "store", "recommender"},
    "plugin": PLUGIN,
    "spark": {*PLUGIN, "plugin"},
    "serving": SERVING,
    "training": TRAINING,
    "testing": {*PLUGIN, "plugin"},
    "tuning": {*TRAINING, "serving", "training"},
    "evaluation": EVALUATION,
    "engine": {*EVALUATION, "evaluation"},
    "demo": {*EVALUATION, "evaluation", "engine"},
    "django": {*STORE, "store"},
    "cli": {*EVALUATION, "evaluation", "engine", "demo", "testing", "django", "web"},
    "web": {*EVALUATION, "evaluation", "engine", "demo", "testing"},
    "observing": {"errors", "plugin"},
    "__main__": {*EVALUATION, "evaluation", "engine", "demo", "testing", *OUTERMOST},
}
"""For each room of the engine, the rooms that it may import from."""

ALLOWED_PLUGINS: dict[str, Set[str]] = {
    "shared": set(),
    "popularity": {"shared"},
    "item_item": {"shared"},
    "factors": {"shared"},
    "content": {"shared"},
    "neural": {"shared"},
    "repeats": {"shared"},
}
"""The same for the rooms of the plugins; of the engine they import the package itself alone."""

OPTIONAL: dict[str, Set[str]] = {
    "tensorflow": {"tastemaker_plugins.neural"},
    "keras": {"tastemaker_plugins.neural"},
    "optuna": {"tastemaker.tuning"},
    "pyarrow": {"tastemaker.io", "tastemaker.spark"},
    "pyspark": {"tastemaker.spark"},
    "psycopg": {"tastemaker.store.sql"},
    "starlette": {"tastemaker.web"},
    "jinja2": {"tastemaker.web"},
    "markupsafe": {"tastemaker.web"},
    "pandas": set(),
    "django": {"tastemaker.django"},
    "prometheus_client": {"tastemaker.observing"},
    "opentelemetry": {"tastemaker.observing"},
}
"""The packages that are installed by choice, and the rooms that may import them."""

STORE_ROWS = "tastemaker.store.rows_"
"""Stands for the modules of the store that are neither `sql` nor `crypto`."""

ALLOWED_STORE: dict[str, Set[str]] = {
    "tastemaker.store.crypto": set(),
    "tastemaker.store.sql": {"tastemaker.store.crypto"},
    STORE_ROWS: {"tastemaker.store.crypto", "tastemaker.store.sql"},
}


class Direction(NamedTuple):
    """One module imports another one, or a package of somebody else's."""

    importer: str
    imported: str


def rooms(package: str) -> set[str]:
    """The modules and packages directly in a package."""
    folder = SOURCES[package] / package
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


def within(package: str, allowed: Mapping[str, Set[str]]) -> Iterator[tuple[Direction, bool]]:
    """Each pair of a package's rooms that are in the tree, and whether it is allowed."""
    for importer, imported in permutations(sorted(rooms(package)), 2):
        direction = Direction(f"{package}.{importer}", f"{package}.{imported}")
        yield direction, imported in allowed.get(importer, set())


def across() -> Iterator[tuple[Direction, bool]]:
    """Each pair of a room of the engine and one of the plugins, both ways: none is allowed."""
    for engine in sorted(rooms("tastemaker")):
        for plugin in sorted(rooms("tastemaker_plugins")):
            names = f"tastemaker.{engine}", f"tastemaker_plugins.{plugin}"
            yield from ((Direction(*pair), False) for pair in permutations(names))


def optional() -> Iterator[tuple[Direction, bool]]:
    """Each pair of a room and an optional package."""
    importers = [f"{package}.{room}" for package in SOURCES for room in rooms(package)]
    for importer in sorted({*importers, *ALLOWED_STORE}):
        for package, homes in OPTIONAL.items():
            yield Direction(importer, package), importer in homes


def directions() -> dict[Direction, bool]:
    """Every direction there is, and whether it is allowed."""
    store = permutations(ALLOWED_STORE, 2)
    return {
        **dict(within("tastemaker", ALLOWED)),
        **dict(within("tastemaker_plugins", ALLOWED_PLUGINS)),
        **dict(across()),
        **dict(optional()),
        **{Direction(*pair): pair[1] in ALLOWED_STORE[pair[0]] for pair in store},
        **{
            Direction(f"tastemaker_plugins.{room}", "tastemaker"): True
            for room in sorted(rooms("tastemaker_plugins"))
        },
    }


DIRECTIONS = directions()
REFUSED = [direction for direction, allowed in DIRECTIONS.items() if not allowed]


def probe_of(direction: Direction) -> Direction:
    """The modules planted for a direction: one that imports, and a bare one that is imported."""
    imported = direction.imported
    target = imported if imported in {*OPTIONAL, "tastemaker"} else f"{imported}.target_"
    return Direction(f"{direction.importer}.imports_{imported.replace('.', '_')}_", target)


def write(tree: Path, module: str, text: str) -> None:
    """Writes a module into a copy of the tree; a room that is a module becomes a package."""
    *packages, name = module.split(".")
    folder = tree / SOURCES[packages[0]].name
    for package in packages:
        folder /= package
        folder.mkdir(exist_ok=True)
        if folder.with_suffix(".py").exists():
            folder.with_suffix(".py").rename(folder / "__init__.py")
        (folder / "__init__.py").touch()
    (folder / f"{name}.py").write_text(text, encoding="utf-8")


def lint(tree: Path) -> str:
    """What `lint-imports` says about a copy of the tree."""
    command = [sys.executable, "-c", "from importlinter.cli import *; lint_imports_command()"]
    path = os.pathsep.join(str(tree / source.name) for source in SOURCES.values())
    env = {**os.environ, "PYTHONPATH": path, "COLUMNS": "500"}
    run = subprocess.run(
        [*command, "--no-cache", "--no-logo"], cwd=tree, env=env, capture_output=True, text=True
    )
    assert "Contracts: " in run.stdout, run.stdout + run.stderr
    return run.stdout


def copy_of_the_tree(tree: Path) -> Path:
    """A copy of the sources and the contracts."""
    for source in SOURCES.values():
        only_python = shutil.ignore_patterns("__pycache__", "*.gz", "*.csv")
        shutil.copytree(source, tree / source.name, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> set[Direction]:
    """The planted imports that the contracts report, every direction being planted."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("planted"))
    for direction in DIRECTIONS:
        importer, imported = probe_of(direction)
        if imported.endswith(".target_"):
            write(tree, imported, "")
        # as late as can be: an import inside a function counts like any other
        write(tree, importer, f"def late() -> None:\n    import {imported}\n")
    found = re.findall(r"(\S+\.imports_\w+) -> (\S+) \(l\.2\)", lint(tree))
    return {Direction(*pair) for pair in found}


def test_the_table_names_every_room() -> None:
    assert rooms("tastemaker") == set(ALLOWED)
    assert rooms("tastemaker_plugins") == set(ALLOWED_PLUGINS)


@pytest.mark.parametrize("direction", REFUSED, ids=" -> ".join)
def test_a_forbidden_direction_is_refused(
    direction: Direction, reported: Iterable[Direction]
) -> None:
    assert probe_of(direction) in reported


def test_nothing_that_the_table_allows_is_refused(reported: Set[Direction]) -> None:
    assert sorted(reported - {probe_of(direction) for direction in REFUSED}) == []


def test_the_tree_keeps_the_contracts() -> None:
    report = lint(ROOT)
    assert " 0 broken." in report, report


def circle(*packages: str) -> list[str]:
    """The modules of a circle of imports, those for type checkers included; empty if none."""
    graph = grimp.build_graph(*packages, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        modules: list[str] = error.args[1]
        return modules
    return []


def test_no_imports_go_in_a_circle() -> None:
    assert circle(*SOURCES) == []


def test_a_circle_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "three_modules"
    package.mkdir()
    for_checkers = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
    (package / "__init__.py").touch()
    (package / "first.py").write_text("from three_modules.second import NAME\n")
    (package / "second.py").write_text("from three_modules import third\n")
    (package / "third.py").write_text(f"{for_checkers}from three_modules.first import NAME\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = circle("three_modules")
    assert {name.rpartition(".")[2] for name in found} == {"first", "second", "third"}


def test_tensorflow_is_refused_at_the_head_of_a_module() -> None:
    """Inside a function it is fine; the contracts see no difference, ruff does."""
    path = "plugins/tastemaker_plugins/neural/made_up.py"
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID253", "--output-format"]

    def refused(source: str) -> int:
        run = subprocess.run(
            [*command, "concise", "--stdin-filename", path, "-"],
            cwd=ROOT,
            input=source,
            capture_output=True,
            text=True,
        )
        return run.stdout.count("TID253")

    for package in OPTIONAL:
        assert refused(f"import {package}\n") == 1
        assert refused(f"def late() -> None:\n    import {package}\n") == 0
