"""A million interactions into SQLite, from CSV, from tables and by a sync, and back into arrays.

Tables are mappings, Arrow, and pandas where it is installed; a plain loop stands beside them. Each
way gets a new database, in one process and one run, so that they can be compared.

Run it alone on the machine: `python benchmarks/bulk.py [--rows N]`.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker import KeyFile, Tastemaker
from tastemaker.cli.output import print_table
from tastemaker.store.crypto.keys import create_key_file
from tastemaker.store.interactions.read import snapshot
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql import migrate
from tastemaker.store.sql.database import Database

USERS = 50_000
ITEMS = 10_000
EXPECTED = {"import": 120_000, "table": 100_000, "memory": 400, "read": 800_000}

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    CREATE TABLE interaction (
        user_id INTEGER, time INTEGER, item_id INTEGER, kind TEXT, value REAL,
        PRIMARY KEY (user_id, time, item_id, kind)
    ) WITHOUT ROWID;
"""
UPSERT = (
    "INSERT INTO interaction VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET value = excluded.value"
)
SYNCED = (
    "SELECT user.name AS user_id, item.name AS item_id, kind, value, time AS timestamp, time"
    " FROM interaction JOIN user ON user.id = user_id JOIN item ON item.id = item_id"
)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder), rows)
    print_table(report, ("what", "measured", "bar"), f"{rows:,} interactions, SQLite")


def measure(folder: Path, rows: int) -> list[dict[str, object]]:
    """Makes the file, imports it both ways, reads it back; what it took."""
    file = folder / "interactions.csv"
    write_file(file, rows)
    key = create_key_file(folder / "key")
    with Database(f"sqlite:///{folder}/tastemaker.db") as database:
        migrate.upgrade(database)
        with database.writing() as connection:
            create_keyring(connection, key)
        environment = {
            **os.environ,
            "TASTEMAKER_DATABASE": f"sqlite:///{folder}/tastemaker.db",
            "TASTEMAKER_KEY_FILE": str(folder / "key"),
        }
        command = seconds(lambda: run_import(file, environment))
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        loop = seconds(lambda: plain_loop(file, folder / "plain.db"))
        with database.reading() as connection:
            read = min(seconds(lambda: snapshot(connection)) for _ in range(3))
    return [
        *by_tables(folder, file, rows),
        line("tastemaker import, rows/s", rows / command, EXPECTED["import"]),
        line("csv + sqlite3.executemany, rows/s", rows / loop, None),
        line("the first as a multiple of the second", loop / command, None),
        line("peak memory of the import, MB", memory, EXPECTED["memory"]),
        line("all interactions into arrays, rows/s", rows / read, EXPECTED["read"]),
    ]


def by_tables(folder: Path, file: Path, rows: int) -> list[dict[str, object]]:
    """The same interactions in this process: from the file, from tables, and by a sync."""
    table = read_arrow(file)
    application = folder / "plain.db"
    ways: dict[str, Callable[[Tastemaker], object]] = {
        "import_file": lambda shop: shop.import_file("interactions", file),
        "record_many of Arrow": lambda shop: shop.record_many(table),
        "sync from SQLite": lambda shop: shop.sync(
            SYNCED, name="bulk", watermark="time", source=f"sqlite:///{application}"
        ),
    }
    if find_spec("pandas"):
        frame = table.to_pandas()
        ways["record_many of pandas"] = lambda shop: shop.record_many(frame)
    report = [bulk_line(folder, what, way, rows) for what, way in ways.items()]
    mappings = table.to_pylist()
    plain = bulk_line(folder, "record_many of mappings", lambda s: s.record_many(mappings), rows)
    return [*report, plain]


def read_arrow(file: Path) -> Any:
    """The file as a table with real times."""
    from pyarrow import csv as arrow_csv, timestamp

    table = arrow_csv.read_csv(file)
    times = table["timestamp"].cast(timestamp("s")).cast(timestamp("us"))
    return table.set_column(table.schema.get_field_index("timestamp"), "timestamp", times)


def bulk_line(
    folder: Path, what: str, way: Callable[[Tastemaker], object], rows: int
) -> dict[str, object]:
    """How fast one way is, into a database of its own."""
    database = folder / "one.db"
    with Tastemaker(f"sqlite:///{database}", key=KeyFile(folder / "key")) as shop:
        shop.upgrade()
        took = seconds(lambda: way(shop))
    database.unlink()
    return line(f"{what}, rows/s", rows / took, EXPECTED["table"])


def line(what: str, measured: float, bar: int | None) -> dict[str, object]:
    """One line of the report."""
    return {"what": what, "measured": measured, "bar": bar}


def seconds(work: Callable[[], object]) -> float:
    """How long it takes to call something."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run_import(file: Path, environment: dict[str, str]) -> None:
    """Runs the real command in a process of its own; the start of Python counts."""
    command = Path(sys.executable).with_name("tastemaker")
    subprocess.run([command, "import", "interactions", file], env=environment, check=True)


def write_file(file: Path, rows: int) -> None:
    """Writes interactions of 50,000 users with 10,000 items whose popularity follows Zipf's law."""
    random = np.random.default_rng(0)
    weights = 1 / np.arange(1, ITEMS + 1)
    columns = (
        random.integers(0, USERS, rows).tolist(),
        random.choice(ITEMS, rows, p=weights / weights.sum()).tolist(),
        random.integers(1, 6, rows).tolist(),
        np.sort(random.integers(1_300_000_000, 1_400_000_000, rows)).tolist(),
    )
    with file.open("w", newline="") as stream:
        stream.write("user_id,item_id,kind,value,timestamp\n")
        for user, item, value, moment in zip(*columns, strict=True):
            stream.write(f"customer-{user:06d},sku-{item:05d},purchase,{value},{moment}\n")


def plain_loop(file: Path, database: Path) -> None:
    """What one would write by hand: no checks, nothing sealed, the same ids mapped."""
    connection = sqlite3.connect(database)
    connection.executescript(SCHEMA)
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    with file.open(newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        connection.executemany(UPSERT, mapped(reader, users, items))
    for table, known in (("user", users), ("item", items)):
        named = ((key, name) for name, key in known.items())
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", named)
    connection.commit()
    connection.close()


def mapped(
    rows: Iterable[list[str]], users: dict[str, int], items: dict[str, int]
) -> Iterator[tuple[int, int, int, str, float]]:
    """Rows with numbers for ids."""
    for user, item, kind, value, moment in rows:
        user_key = users.setdefault(user, len(users) + 1)
        item_key = items.setdefault(item, len(items) + 1)
        yield user_key, int(moment), item_key, kind, float(value)


if __name__ == "__main__":
    main()
