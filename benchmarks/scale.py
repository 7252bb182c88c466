"""Import and training of a million interactions, of five or of twenty, on one machine or on Spark.

The data is made up (see `scale_data.py`); `tastemaker` runs in processes of its own. Run it alone
on the machine: `python benchmarks/scale.py [--interactions 20M] [--items 27k] [--people 138k]`.
`--folder` keeps the database, so that the next run goes on with it.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from large import command, line, print_members
from scale_data import Size, write_csv

from tastemaker.cli.output import print_table

MEMBERS = ("popular", "recent-popular", "transition", "item-knn", "als", "ease")
EXPECTED = {"import": 4.0, "train": 30.0, "memory": 10.0}
"""Minutes and GB, at 20 million interactions."""

UNITS = {"k": 1_000, "M": 1_000_000}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interactions", type=count, default=Size.interactions)
    parser.add_argument("--items", type=count, default=Size.items)
    parser.add_argument("--people", type=count, default=Size.people)
    parser.add_argument("--only", action="append", help=f"members; {', '.join(MEMBERS)} if none")
    parser.add_argument("--time-limit", default="1h", help="as of `tastemaker train`")
    parser.add_argument("--on", help="as of `tastemaker train`: spark=local[2]")
    parser.add_argument("--folder", type=Path, help="keep the database here, and go on with it")
    given = parser.parse_args()
    size = Size(given.interactions, given.items, given.people)
    options = ["--time-limit", given.time_limit, *(["--on", given.on] if given.on else [])]
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        report = [
            *measure_import(folder, size),
            *measure_training(folder, given.only or MEMBERS, options),
        ]
    title = f"{size.people:,} people, {size.items:,} items, {size.interactions:,} interactions"
    print_table(report, ("what", "measured", "bar"), title)


def count(text: str) -> int:
    """A number such as 27000, 27k or 20M."""
    return int(float(text.rstrip("kM")) * UNITS.get(text[-1], 1))


def measure_import(folder: Path, size: Size) -> list[dict[str, object]]:
    """Makes the data and imports it, unless it is there; what importing took."""
    if (folder / "tastemaker.db").exists():
        return []
    folder.mkdir(exist_ok=True)
    file = folder / "interactions.csv"
    write_csv(file, size)
    command(["init"], folder)
    minutes, busy = timed(["import", "interactions", file.name], folder)
    file.unlink()
    return [
        line("tastemaker import, minutes", minutes, EXPECTED["import"]),
        line("its processor time, minutes", busy, None),
        line("its peak memory, GB", peak(), None),
        line("the database, GB", (folder / "tastemaker.db").stat().st_size / 2**30, None),
    ]


def measure_training(
    folder: Path, members: Sequence[str], options: Sequence[str]
) -> list[dict[str, object]]:
    """Trains; what it took."""
    only = [text for name in members for text in ("--only", name)]
    start, before = time.perf_counter(), processor_seconds()
    printed = command(["train", *only, *options, "--format", "json"], folder)
    minutes = (time.perf_counter() - start) / 60
    busy = (processor_seconds() - before) / 60
    print_members(json.loads(printed))
    return [
        line("tastemaker train, minutes", minutes, EXPECTED["train"]),
        line("its processor time, minutes", busy, None),
        # of all children so far; importing takes far less than training
        line("its peak memory, GB", peak(), EXPECTED["memory"]),
    ]


def timed(arguments: Sequence[str], folder: Path) -> tuple[float, float]:
    """Minutes, and minutes of processor time, that a command takes."""
    start, before = time.perf_counter(), processor_seconds()
    command(arguments, folder)
    return (time.perf_counter() - start) / 60, (processor_seconds() - before) / 60


def processor_seconds() -> float:
    """Of all processes begun and ended here."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    """The most memory, in GB, that one of them took."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
