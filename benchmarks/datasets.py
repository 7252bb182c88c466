"""The data sets that quality is measured on, as the engine's arrays.

Each is read from where it lies: MovieLens 100K out of the `recbole` wheel (fetched with pip when it
is not there yet), the others from folders with interactions.csv.gz and items.csv.gz.
"""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from tastemaker.data import Histories, Items, People, TrainingData
from tastemaker.holdout.splits import Split

CACHE = Path(__file__).parent.parent / ".benchmark-data"
ML_100K = "recbole/dataset_example/ml-100k/ml-100k"
RECBOLE = "recbole==1.2.1"


class Row(NamedTuple):
    """One interaction as it stands in a file."""

    user: str
    item: str
    value: float
    time: float


def load(name: str, recbole: Path | None = None) -> TrainingData:
    """The data set of that name, or in the folder of that path."""
    return ml_100k(recbole) if name == "ml-100k" else folder(Path(name))


def known(data: TrainingData, split: Split) -> TrainingData:
    """Only what is known of a split; everyone keeps their place."""
    return TrainingData(data.items, data.people.take(split.known), data.kinds, data.seed)


def without_repeats(data: TrainingData) -> TrainingData:
    """Only the first interaction of each person with each item."""
    histories = data.people.histories
    pairs = histories.rows * data.n_items + histories.items
    first = np.zeros(len(pairs), dtype=np.bool_)
    first[np.unique(pairs, return_index=True)[1]] = True
    return TrainingData(data.items, data.people.take(first), data.kinds, data.seed)


def folder(path: Path) -> TrainingData:
    """A data set in the engine's own file formats: interactions.csv and items.csv, or .csv.gz.

    Without a column of values all are 1; without one of times none is known.
    """
    with opened(path / "interactions.csv") as lines:
        rows = [
            Row(
                row["user_id"],
                row["item_id"],
                float(row.get("value", 1.0)),
                float(row.get("timestamp", "nan")),
            )
            for row in csv.DictReader(lines)
        ]
    with opened(path / "items.csv") as lines:
        return arrays(rows, csv.DictReader(lines))


def opened(file: Path) -> TextIO:
    """A file of text, which may be packed: with .gz at the end of its name."""
    if file.exists():
        return file.open(encoding="utf-8", newline="")
    return gzip.open(f"{file}.gz", "rt", encoding="utf-8", newline="")


def ml_100k(recbole: Path | None = None) -> TrainingData:
    """MovieLens 100K, from a wheel of recbole, the folder it is unpacked in, or a fetched one."""
    source = recbole or _recbole()
    root = source if source.is_dir() else zipfile.Path(source)
    with (root / f"{ML_100K}.inter").open(encoding="utf-8") as lines:
        rows = [
            Row(row["user_id"], row["item_id"], float(row["rating"]), float(row["timestamp"]))
            for row in _atomic(lines)
        ]
    with (root / f"{ML_100K}.item").open(encoding="utf-8") as lines:
        items = [
            {
                "item_id": row["item_id"],
                "title": row["movie_title"],
                "year": row["release_year"],
                "genres": row["class"].replace(" ", "|"),
            }
            for row in _atomic(lines)
        ]
    return arrays(rows, items)


def _atomic(lines: Iterator[str]) -> Iterable[dict[str, str]]:
    """Rows of recbole's format: tab-separated, the kind of each column after a colon."""
    names = [name.split(":")[0] for name in next(lines).rstrip("\n").split("\t")]
    return (dict(zip(names, line.rstrip("\n").split("\t"), strict=True)) for line in lines)


def _recbole() -> Path:
    """The wheel of recbole, fetched once."""
    found = sorted(CACHE.glob("recbole-*.whl"))
    if not found:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest"]
        subprocess.run([*pip, str(CACHE), RECBOLE], check=True)
        found = sorted(CACHE.glob("recbole-*.whl"))
    return found[0]


def arrays(rows: Iterable[Row], items: Iterable[Mapping[str, str]]) -> TrainingData:
    """The engine's arrays: users and items by id, everyone's history oldest first.

    As in the store, one user, time and item make one interaction; the latest row wins. What
    somebody did at one moment stays in the order of the rows.
    """
    kept = list({(row.user, row.time, row.item): row for row in rows}.values())
    described = {item["item_id"]: item for item in items}
    ids = sorted({row.item for row in kept} | set(described))
    place = {item_id: index for index, item_id in enumerate(ids)}
    users = {user: index for index, user in enumerate(sorted({row.user for row in kept}))}
    kept.sort(key=lambda row: (users[row.user], row.time if row.time == row.time else 0.0))
    counts = np.bincount([users[row.user] for row in kept], minlength=len(users))
    histories = Histories(
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        np.array([place[row.item] for row in kept], dtype=np.int32),
        np.array([row.value for row in kept], dtype=np.float32),
        len(ids),
    )
    times = np.array([row.time for row in kept], dtype=np.float64)
    weights = np.ones(len(kept), dtype=np.float32)
    people = People(histories, times, np.zeros(len(kept), dtype=np.int16), weights)
    return TrainingData(_items(ids, described), people)


def _items(ids: list[str], described: Mapping[str, Mapping[str, str]]) -> Items:
    rows = [described.get(item_id, {}) for item_id in ids]
    names = sorted({name for row in rows for name in row} - {"item_id", "title", "text"})
    attributes = {
        name: tuple(tuple(filter(None, row.get(name, "").split("|"))) for row in rows)
        for name in names
    }
    titles = tuple(row.get("title", "") for row in rows)
    texts = tuple(row.get("text", "") for row in rows)
    return Items(tuple(ids), titles, texts, attributes)
