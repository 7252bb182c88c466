"""Training at the size that defaults must bear: 40,000 items, 100,000 people, 1,000,000 choices.

The data is made up: people like a few of many topics, items are born as time goes by and are
popular by Zipf's law, texts are words of an item's topic. `tastemaker train` runs with defaults in
a process of its own. Run it alone on the machine: `python benchmarks/large.py`.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tastemaker.cli.output import print_table

TOPICS = 200
WORDS = 40
"""Words that belong to a topic."""

START, YEAR = 1_700_000_000, 365 * 86_400
EXPECTED = {"minutes": 15.0, "memory": 8.0}
Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """How much data is made."""

    items: int = 40_000
    people: int = 100_000
    interactions: int = 1_000_000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=Size.items)
    parser.add_argument("--people", type=int, default=Size.people)
    parser.add_argument("--interactions", type=int, default=Size.interactions)
    parser.add_argument("--time-limit", default="15m", help="as of `tastemaker train`")
    parser.add_argument("--folder", type=Path, help="keep the database here, and go on with it")
    given = parser.parse_args()
    size = Size(given.items, given.people, given.interactions)
    with tempfile.TemporaryDirectory() as temporary:
        report = measure(given.folder or Path(temporary), size, given.time_limit)
    title = f"{size.people:,} people, {size.items:,} items, {size.interactions:,} interactions"
    print_table(report, ("what", "measured", "bar"), title)


def measure(folder: Path, size: Size, time_limit: str) -> list[dict[str, object]]:
    """Imports the data unless it is there, and trains; what training took."""
    if not (folder / "tastemaker.db").exists():
        folder.mkdir(exist_ok=True)
        write_files(folder, size)
        command(["init"], folder)
        for what in ("items", "users", "interactions"):
            features = ["--feature", "country"] if what == "users" else []
            command(["import", what, f"{what}.csv", *features], folder)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    printed = command(["train", "--time-limit", time_limit, "--format", "json"], folder)
    minutes = (time.perf_counter() - start) / 60
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print_members(json.loads(printed))
    return [
        line("tastemaker train, minutes", minutes, EXPECTED["minutes"]),
        line("its processor time, minutes", busy / 60, None),
        # of all children so far; the imports take far less than training
        line("its peak memory, GB", after.ru_maxrss / 2**20, EXPECTED["memory"]),
        line("the most that importing took, GB", before.ru_maxrss / 2**20, None),
    ]


def command(arguments: Sequence[str], folder: Path) -> str:
    """Runs the real command in a folder, in a process of its own; what it prints."""
    own = Path(sys.executable).with_name("tastemaker")
    call = [str(own), *arguments]
    done = subprocess.run(call, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def print_members(release: dict[str, list[dict[str, object]]]) -> None:
    """What became of each recommender."""
    rows = [
        {"recommender": one["name"], **one, **dict(one["measures"] or {})}  # type: ignore[call-overload]
        for one in release["members"]
    ]
    print_table(rows, ("recommender", "state", "ndcg@10", "recall@20", "seconds", "problem"))
    for note in release["notes"]:
        print(f"note: {note}")


def line(what: str, measured: float, bar: float | None) -> dict[str, object]:
    """One line of the report."""
    return {"what": what, "measured": measured, "bar": bar}


def write_files(folder: Path, size: Size, seed: int = 0) -> None:
    """Writes items.csv, users.csv and interactions.csv."""
    random = np.random.default_rng(seed)
    topics = random.integers(0, TOPICS, size.items)
    tastes = random.integers(0, TOPICS, (size.people, 3))
    write(folder / "items.csv", ("item_id", "title", "text", "topic"), item_rows(random, topics))
    countries = (tastes[:, 0] % 12).tolist()
    users = ((f"user-{number:06d}", f"country-{own}") for number, own in enumerate(countries))
    write(folder / "users.csv", ("user_id", "country"), users)
    write(
        folder / "interactions.csv",
        ("user_id", "item_id", "kind", "value", "timestamp"),
        choices(random, topics, tastes, size),
    )


def write(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a CSV file."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def item_rows(random: np.random.Generator, topics: Int64Array) -> Iterable[Sequence[object]]:
    """Items whose texts are mostly words of their topic."""
    words = random.integers(0, WORDS, (len(topics), 30))
    foreign = random.random(words.shape) < 0.3
    owners = np.where(foreign, random.integers(0, TOPICS, words.shape), topics[:, None])
    for number, (topic, own, drawn) in enumerate(
        zip(topics.tolist(), owners.tolist(), words.tolist(), strict=True)
    ):
        text = [f"word{owner}x{word}" for owner, word in zip(own, drawn, strict=True)]
        yield f"item-{number:05d}", " ".join(text[:5]), " ".join(text), f"topic-{topic % 40}"


def choices(
    random: np.random.Generator, topics: Int64Array, tastes: Int64Array, size: Size
) -> Iterable[Sequence[object]]:
    """Who chose what and when, in the order of time.

    Half of the items are there from the start, the others are born as time goes by. Within a topic
    an item is chosen by Zipf's law; one that is not yet born leaves it to the next. One choice in
    five is of any topic.
    """
    by_topic = [np.flatnonzero(topics == topic).tolist() for topic in range(TOPICS)]
    born = np.maximum(random.uniform(-YEAR, YEAR, size.items), 0).tolist()
    active = 1 / np.arange(1, size.people + 1) ** 0.6
    people = random.choice(size.people, size.interactions, p=active / active.sum())
    moments = np.sort(random.integers(0, YEAR, size.interactions))
    wanted = tastes[people, random.integers(0, 3, size.interactions)]
    strays = random.random(size.interactions) < 0.2
    wanted[strays] = random.integers(0, TOPICS, int(strays.sum()))
    law = 1 / np.arange(3, 3 + size.items // TOPICS) ** 0.9
    ranks = random.choice(len(law), size.interactions, p=law / law.sum())
    for person, moment, topic, rank in zip(
        people.tolist(), moments.tolist(), wanted.tolist(), ranks.tolist(), strict=True
    ):
        own = by_topic[topic]
        order = (own[(rank + step) % len(own)] for step in range(len(own)))
        item = next((one for one in order if born[one] <= moment), 0)
        yield f"user-{person:06d}", f"item-{item:05d}", "view", 1, START + moment


if __name__ == "__main__":
    main()
