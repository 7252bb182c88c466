"""The demonstration: the whole job on the data that ships with the package."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

LONG_HISTORY = "13777"
SINGLE_PURCHASE = "18113"
UNKNOWN_VISITOR = "somebody-new"


def data(name: str) -> Traversable:
    """A file of Online Retail: "items", "users" or "interactions"."""
    return files("tastemaker.demo") / "data" / f"{name}.csv.gz"
