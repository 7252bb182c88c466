"""What the rules of the house are held against: the sources, read and parsed once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def parsed(*folders: str) -> dict[Path, ast.Module]:
    """Every module of the folders, by its path from the repository's root."""
    return {
        path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


@pytest.fixture(scope="session")
def modules() -> dict[Path, ast.Module]:
    """The modules of the engine and of the plugins."""
    return parsed("engine", "plugins")


@pytest.fixture(scope="session")
def modules_of_tests() -> dict[Path, ast.Module]:
    """The modules of the tests."""
    return parsed("tests")
