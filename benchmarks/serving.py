"""How fast a trained engine recommends: MovieLens 100K in SQLite, everything at its defaults.

Run it alone on the machine: `python benchmarks/serving.py [--recbole PATH]`. First with the
recommenders that the bars are set for, then with all that are installed. With `--folder`, it
measures what `python benchmarks/large.py --folder PATH` left there.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from datasets import ml_100k

from tastemaker import Tastemaker, TrainingData
from tastemaker.cli.output import print_table
from tastemaker.store.crypto.keys import KeyFile, create_key_file

FIRST = ("popular", "recent-popular", "item-knn", "ease", "transition", "tfidf")
"""The recommenders that the bars are set for."""

ONE_BY_ONE = 500
"""How many people are recommended to one by one."""

MANY = 2000
"""How many at once."""

STARTS = 5
"""How often the import is timed."""

COLUMNS = ("what", "measured", "bar")
HEAVY = ("tensorflow", "pandas")
EXPECTED = {"p50": 2.0, "p99": 8.0, "many": 5_000, "import": 0.6}
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
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if given.folder:
            show(given.folder, "Serving what is there", {})
            return
        folder = Path(temporary)
        prepare(folder, ml_100k(given.recbole))
        for title, only, bars in (("the first six", FIRST, EXPECTED), ("all recommenders", (), {})):
            train(folder, only)
            show(folder, f"Serving {title}, SQLite", bars)
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


def train(folder: Path, only: Sequence[str]) -> None:
    """Trains some recommenders, or all, and activates the release."""
    with Tastemaker(
        f"sqlite:///{folder}/tastemaker.db", key=KeyFile(folder / "tastemaker.key")
    ) as engine:
        release = engine.train(only=only)
        if not release.active:
            engine.activate(release.number)


def serving(folder: Path, bars: Mapping[str, float]) -> Iterator[dict[str, object]]:
    """How long recommending takes, one by one and all at once."""
    key = KeyFile(folder / "tastemaker.key")
    with Tastemaker(f"sqlite:///{folder}/tastemaker.db", key=key) as engine:
        users = sorted(engine.user_ids())
        yield line("users", len(users), None)
        took = one_by_one(engine, users)
        yield line("members of the release", len(engine.recommend(users[0]).details.weights), None)
        yield line("one user, median, ms", float(np.percentile(took, 50)), bars.get("p50"))
        yield line("one user, 99th percentile, ms", float(np.percentile(took, 99)), bars.get("p99"))
        speed = max(all_at_once(engine, users[:MANY]) for _ in range(5))
        yield line("many users at once, users/s", speed, bars.get("many"))


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


def one_by_one(engine: Tastemaker, users: Sequence[str]) -> list[float]:
    """Milliseconds for each person, once the release is loaded."""
    chosen = np.random.default_rng(0).choice(len(users), min(ONE_BY_ONE, len(users)), replace=False)
    engine.recommend(users[0])
    took = []
    for place in chosen.tolist():
        start = time.perf_counter()
        engine.recommend(users[place])
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
    yield line("import tastemaker, s", min(float(run[0]) for run in runs), EXPECTED["import"])
    engine = min(float(run[1]) for run in runs)
    yield line("from tastemaker import Tastemaker, s", engine, EXPECTED["import"])
    heavy = {name for run in runs for name in run[2:]}
    yield line(f"of {' and '.join(HEAVY)} imported with it", len(heavy), 0)


def line(what: str, measured: float, bar: float | None) -> dict[str, object]:
    """One line of the report."""
    return {"what": what, "measured": measured, "bar": bar}


if __name__ == "__main__":
    main()
