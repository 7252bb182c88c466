"""The demonstration: the whole job on the data that ships with the package."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path

LONG_HISTORY = "13777"
SINGLE_PURCHASE = "18113"
UNKNOWN_VISITOR = "somebody-new"


def data(name: str) -> Traversable:
    """A file of Online Retail: "items", "users" or "interactions"."""
    return files("tastemaker.demo") / "data" / f"{name}.csv.gz"


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a file, the header first."""
    with (
        data(name).open("rb") as packed,
        gzip.open(packed, "rt", encoding="utf-8", newline="") as text,
    ):
        yield from csv.reader(text)


def write_slice(name: str, customers: int, path: Path) -> None:
    """Writes what a file says of only so many customers; those that are shown are among them."""
    known = (row[0] for row in islice(rows("users"), 1, customers + 1))
    chosen = {"user_id", LONG_HISTORY, SINGLE_PURCHASE, *known}
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(
            row for row in rows(name) if row[0] in chosen
        )
