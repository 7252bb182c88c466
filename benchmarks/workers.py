"""How soon a worker answers, and what memory it takes, on a trained database.

Run it alone on the machine: `python benchmarks/workers.py FOLDER`, where FOLDER holds tastemaker.db
and tastemaker.key, such as `python benchmarks/large.py --folder FOLDER` leaves. Every figure is
of fresh processes. `--without-bars` leaves out the bars, which are for 41,480 items.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tastemaker import KeyFile, Tastemaker
from tastemaker.cli.output import print_table

STARTS = 5
"""How often each start is timed; the median counts."""

COLUMNS = ("what", "measured", "bar")
BARS = {
    "start to first answer, no cache": "1.2 s",
    "start to first answer, warm cache in a trusted directory": "0.6 s",
    "memory of a worker": "400 MB",
    "private memory of a second worker": "80 MB",
    "release in the database": "200 MB",
}

WORKER = """
import sys, time
folder, cache = sys.argv[1:]
from tastemaker import KeyFile, Tastemaker
url = f"sqlite:///{folder}/tastemaker.db"
engine = Tastemaker(url, key=KeyFile(f"{folder}/tastemaker.key"), cache=cache or None)
answer = engine.recommend("somebody new")
print(len(answer), len(answer.details.weights), time.process_time(), flush=True)
sys.stdin.readline()
for line in open("/proc/self/smaps_rollup"):
    name, *rest = line.split()
    if name in ("Rss:", "Private_Clean:", "Private_Dirty:"):
        print(name, rest[0], flush=True)
sys.stdin.readline()
"""


class Memory(NamedTuple):
    """What a worker takes, in MB: all that is in memory, and what it shares with nobody."""

    resident: float
    private: float


class Worker:
    """A process that opens the engine, answers once and waits."""

    def __init__(self, folder: Path, cache: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder), cache],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answered(self) -> float:
        """Waits for the answer; the processor time until then."""
        assert self._process.stdout is not None
        return float(self._process.stdout.readline().split()[2])

    def memory(self) -> Memory:
        """What it takes now."""
        self._go_on()
        assert self._process.stdout is not None
        found = {}
        for _ in range(3):
            name, amount = self._process.stdout.readline().split()
            found[name] = int(amount) / 1000
        return Memory(found["Rss:"], found["Private_Clean:"] + found["Private_Dirty:"])

    def end(self) -> None:
        """Lets it end."""
        self._go_on()
        self._process.wait()

    def _go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the trained database")
    parser.add_argument("--without-bars", action="store_true", help="for other sizes")
    given = parser.parse_args()
    bars = {} if given.without_bars else BARS
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "shop"
        shutil.copytree(given.folder, copy)
        rows = [*starts(copy, Path(temporary)), *memory(copy, Path(temporary)), *size(copy)]
        table = [
            {"what": what, "measured": measured, "bar": bars.get(what, "")}
            for what, measured in rows
        ]
    print_table(table, COLUMNS, f"Workers on {given.folder}")


def starts(folder: Path, temporary: Path) -> Iterator[tuple[str, str]]:
    """From the start of the interpreter to the first answer, by kind of cache."""
    trusted, sealed = temporary / "trusted", temporary / "sealed"
    timed(folder, "")  # the compiled modules and the database's pages are there from here on
    yield "start to first answer, no cache", median([timed(folder, "") for _ in range(STARTS)])
    for title, cache in (("a trusted directory", f"trusted:{trusted}"), ("any other", str(sealed))):
        yield f"start to first answer, cold cache in {title}", median([timed(folder, cache)])
        warm = [timed(folder, cache) for _ in range(STARTS)]
        yield f"start to first answer, warm cache in {title}", median(warm)


def timed(folder: Path, cache: str) -> tuple[float, float]:
    """Seconds by the clock, and of processor time, from the start to the first answer."""
    begun = time.perf_counter()
    worker = Worker(folder, cache)
    busy = worker.answered()
    elapsed = time.perf_counter() - begun
    worker.memory()
    worker.end()
    return elapsed, busy


def median(pairs: list[tuple[float, float]]) -> str:
    """The medians as text."""
    elapsed, busy = (statistics.median(column) for column in zip(*pairs, strict=True))
    return f"{elapsed:.2f} s ({busy:.2f} s of a processor)"


def memory(folder: Path, temporary: Path) -> Iterator[tuple[str, str]]:
    """Memory of two workers that share a trusted directory, after the figures without one."""
    alone = Worker(folder, "")
    alone.answered()
    yield "memory of a worker without a cache", f"{alone.memory().resident:.0f} MB"
    alone.end()
    first, second = (Worker(folder, f"trusted:{temporary}/trusted") for _ in range(2))
    first.answered()
    second.answered()
    taken = second.memory()
    yield "memory of a worker", f"{first.memory().resident:.0f} MB"
    yield "private memory of a second worker", f"{taken.private:.0f} MB"
    first.end()
    second.end()


def size(folder: Path) -> Iterator[tuple[str, str]]:
    """What the active release takes in the database."""
    key = KeyFile(folder / "tastemaker.key")
    with Tastemaker(f"sqlite:///{folder}/tastemaker.db", key=key) as engine:
        (active,) = [one for one in engine.releases() if one.state == "active"]
    yield "recommenders that serve", str(len(active.recommenders))
    yield "release in the database", f"{active.size / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
