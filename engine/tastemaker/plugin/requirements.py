"""What a recommender's training needs besides the engine, and whether it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from tastemaker.plugin.guard import attempt
from tastemaker.recommender import Recommender

EXTRAS = {"tensorflow": "tastemaker[neural]", "keras": "tastemaker[neural]"}
"""What to install for a module, where it is not what the module is called."""


def missing_modules(kind: type[Recommender]) -> list[str]:
    """The modules that training a recommender imports and that are not installed."""
    return [name for name in kind.requires if not _importable(name)]


def install_advice(missing: Sequence[str]) -> str:
    """Which modules training needs, and how to install them."""
    wanted = dict.fromkeys(EXTRAS.get(name, name) for name in missing)
    packages = " ".join(f"'{name}'" if "[" in name else name for name in wanted)
    return f"needs {', '.join(missing)}: pip install {packages}"


def _importable(module: str) -> bool:
    spec, _ = attempt(lambda: find_spec(module))
    return spec is not None
