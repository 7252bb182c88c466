"""How fast a trained engine recommends: MovieLens 100K in SQLite, everything at its defaults.

Run it alone on the machine: `python benchmarks/serving.py [--recbole PATH]`: it trains all
recommenders that are installed, and asks for one answer at a time, plain and explained, idle and
with two busy processes beside it, and for many at once; and it compares the lists with those of a
scan of every item. With `--folder PATH --bars debian` it measures the trained database that is
there, against the bars for 41,000 items (or `million`, or none).
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from datasets import ml_100k

from tastemaker import Tastemaker, TrainingData
from tastemaker.cli.output import print_table
from tastemaker.store.crypto.keys import KeyFile, create_key_file

ONE_BY_ONE = 500
"""How many people are recommended to one by one."""

MANY = 2000
"""How many at once."""

STARTS = 5
"""How often the import is timed."""

COLUMNS = ("what", "measured", "bar")
HEAVY = ("tensorflow", "pandas")
IMPORT_BAR = 0.6
BARS: Mapping[str, Mapping[str, float]] = {
    "ml-100k": {"p50": 1.2, "p99": 3.0, "explained": 2.5, "busy": 3.0, "many": 6_000},
    "debian": {"p50": 2.5, "explained": 5.0, "many": 1_500, "overlap": 0.95},
    "million": {"p50": 6.0, "overlap": 0.95},
    "none": {},
}
"""What should be reached, by the data that is served."""

COMPARED = 200
"""Of so many people the lists are compared with those of a scan."""

BUSY = "while True: sum(range(10**6))"
"""What the processes do that keep the processors busy."""

IMPORT = f"""
import sys, time
start = time.perf_counter()
import tastemaker
package = time.perf_counter() - start
from tastemaker import Tastemaker
engine = time.perf_counter() - start
print(package, engine, *(name for name in {HEAVY!r} if name in sys.modules))
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole, or where it is unpacked")
    parser.add_argument("--folder", type=Path, help="measure the trained database there")
    parser.add_argument("--bars", choices=list(BARS), default="none", help="of what is there")
    given = parser.parse_args()
    if given.folder:
        show(given.folder, "Serving what is there", BARS[given.bars])
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(folder, ml_100k(given.recbole))
        train(folder)
        show(folder, "Serving all recommenders, MovieLens 100K, SQLite", BARS["ml-100k"])
    print_table(list(starting()), COLUMNS, "Starting")


def show(folder: Path, title: str, bars: Mapping[str, float]) -> None:
    """Measures what is trained in a folder, and prints it."""
    print_table(list(serving(folder, bars)), COLUMNS, title)


def prepare(folder: Path, data: TrainingData) -> None:
    """Loads the data into a new database."""
    key = create_key_file(folder / "tastemaker.key")
    with Tastemaker(f"sqlite:///{folder}/tastemaker.db", key=key) as engine:
        engine.upgrade()
        load(engine, folder, data)


def train(folder: Path) -> None:
    """Trains all recommenders, and activates the release."""
    with Tastemaker(
        f"sqlite:///{folder}/tastemaker.db", key=KeyFile(folder / "tastemaker.key")
    ) as engine:
        release = engine.train()
        if not release.active:
            engine.activate(release.number)


def serving(folder: Path, bars: Mapping[str, float]) -> Iterator[dict[str, object]]:
    """How long recommending takes, one by one and all at once."""
    key = KeyFile(folder / "tastemaker.key")
    with Tastemaker(f"sqlite:///{folder}/tastemaker.db", key=key) as engine:
        users = sorted(engine.user_ids())
        yield line("users", len(users), None)
        took = one_by_one(engine, users)
        plain = float(np.percentile(took, 50))
        yield line("members of the release", len(engine.recommend(users[0]).details.weights), None)
        yield line("one user, median, ms", plain, bars.get("p50"))
        yield line("one user, 99th percentile, ms", float(np.percentile(took, 99)), bars.get("p99"))
        why = float(np.percentile(one_by_one(engine, users, explain=True), 50))
        yield line("one user, explained, median, ms", why, bars.get("explained"))
        with busy_processes(2):
            beside = float(np.percentile(one_by_one(engine, users), 50))
        yield line("one user, beside two busy processes, ratio", beside / plain, bars.get("busy"))
        exact = float(np.percentile(one_by_one(engine, users, exact=True), 50))
        yield line("one user, every item scored, median, ms", exact, None)
        speed = max(all_at_once(engine, users[:MANY]) for _ in range(5))
        yield line("many users at once, users/s", speed, bars.get("many"))
        yield line("overlap with the exact top 10", overlap(engine, users), bars.get("overlap"))


@contextmanager
def busy_processes(n: int) -> Iterator[None]:
    """Keeps so many processors busy in the block."""
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(n)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def overlap(engine: Tastemaker, users: Sequence[str]) -> float:
    """The share of an exact answer that is in the answer from candidates, over some people."""
    some = np.random.default_rng(1).choice(len(users), min(COMPARED, len(users)), replace=False)
    names = [users[place] for place in some.tolist()]
    quick, exact = engine.recommend_many(names), engine.recommend_many(names, exact=True)
    shares = [
        len({one.item_id for one in quick[name]} & {one.item_id for one in exact[name]})
        / max(1, len(exact[name]))
        for name in names
    ]
    return float(np.mean(shares))


def load(engine: Tastemaker, folder: Path, data: TrainingData) -> None:
    """Puts the items, and imports the interactions from a file."""
    items = data.items
    engine.put_items(
        {
            "item_id": item_id,
            "title": items.titles[place],
            "attributes": {name: list(own[place]) for name, own in items.attributes.items()},
        }
        for place, item_id in enumerate(items.ids)
    )
    file, histories = folder / "interactions.csv", data.people.histories
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("user_id", "item_id", "kind", "value", "timestamp"))
        columns = (histories.rows, histories.items, histories.values, data.people.times)
        for user, item, value, moment in zip(*(own.tolist() for own in columns), strict=True):
            writer.writerow((user, items.ids[item], "rating", value, int(moment)))
    engine.import_file("interactions", file)


def one_by_one(
    engine: Tastemaker, users: Sequence[str], explain: bool = False, exact: bool = False
) -> list[float]:
    """Milliseconds for each person, once the release is loaded."""
    chosen = np.random.default_rng(0).choice(len(users), min(ONE_BY_ONE, len(users)), replace=False)
    engine.recommend(users[0])
    took = []
    for place in chosen.tolist():
        start = time.perf_counter()
        engine.recommend(users[place], explain=explain, exact=exact)
        took.append((time.perf_counter() - start) * 1000)
    return took


def all_at_once(engine: Tastemaker, users: Sequence[str]) -> float:
    """Users per second when all are recommended to together."""
    start = time.perf_counter()
    engine.recommend_many(users)
    return len(users) / (time.perf_counter() - start)


def starting() -> Iterator[dict[str, object]]:
    """How long `import tastemaker` takes in a fresh process, and that it stays light."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True
        ).stdout.split()
        for _ in range(STARTS)
    ]
    yield line("import tastemaker, s", min(float(run[0]) for run in runs), IMPORT_BAR)
    engine = min(float(run[1]) for run in runs)
    yield line("from tastemaker import Tastemaker, s", engine, IMPORT_BAR)
    heavy = {name for run in runs for name in run[2:]}
    yield line(f"of {' and '.join(HEAVY)} imported with it", len(heavy), 0)


def line(what: str, measured: float, bar: float | None) -> dict[str, object]:
    """One line of the report."""
    return {"what": what, "measured": measured, "bar": bar}


if __name__ == "__main__":
    main()
