"""Rotations of the data key and the index key of 100,000 people, beside three live writers.

Each person has two sealed fields. The writers are processes of their own, opened before it: each
makes new people and changes old ones, in transactions of one row, with a pause of 5 ms after each.
At the end everything that was acknowledged must be there, as it was written last, and nobody twice.

Run it alone on the machine: `python benchmarks/rotation.py [--people N] [--database URL]`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from tastemaker import Database, KeyFile, Tastemaker
from tastemaker.cli.output import print_table
from tastemaker.store.crypto.data_keys import DATA, INDEX
from tastemaker.store.crypto.keys import create_key_file
from tastemaker.store.sql.tables import user

PEOPLE = 100_000
WRITERS = 3
EXPECTED = 20_000
"""Sealed values a second, re-encrypted, on an idle machine."""

PAUSE = 0.005
"""Seconds between two transactions of a writer."""


def main() -> None:
    """Measures and prints; or writes, as one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--database", help="An empty database; a new SQLite file where not given.")
    parser.add_argument("--writer", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.writer:
        write(*given.writer)
        return
    with tempfile.TemporaryDirectory() as folder:
        key = create_key_file(Path(folder) / "key")
        url = given.database or f"sqlite:///{folder}/tastemaker.db"
        with Tastemaker(url, key=key) as shop:
            shop.upgrade()
            shop.put_users({"user_id": f"p{n}", "town": f"Town {n}"} for n in range(given.people))
            for purpose in (DATA, INDEX):
                place = Path(folder) / purpose
                place.mkdir()
                title = f"{purpose} key, {given.people:,} people, two sealed fields"
                print_table(measure(shop, place, url, purpose), ("what", "measured", "bar"), title)


def measure(shop: Tastemaker, folder: Path, url: str, purpose: str) -> list[dict[str, object]]:
    """Rotates a key alone and beside writers, and looks for what they wrote."""
    begun = time.perf_counter()
    quiet = shop.keys.rotate(purpose)
    undisturbed = time.perf_counter() - begun
    former = row_in_the_midst(url)
    with writers(folder, url):
        begun, worked = time.perf_counter(), time.process_time()
        shop.keys.promote(shop.keys.add(purpose))
        done = shop.keys.reencrypt()
        seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    verified = shop.keys.verify()
    lost, written = missing(shop, folder)
    ids = list(shop.user_ids())
    plant(url, former)
    planted = shop.keys.verify().old
    shop.keys.rotate(purpose)
    return [
        {"what": "whole rotation, nobody else", "measured": f"{undisturbed:.1f} s"},
        {"what": "values, nobody else", "measured": f"{quiet.reencrypted.cells:,}"},
        row("re-encrypted values/s beside 3 writers", round(done.cells / seconds), EXPECTED),
        row("the same, by processor second", round(done.cells / worked)),
        row("values left or damaged", sum(verified.old.values()) + verified.damaged, 0),
        row("acknowledged writes lost", lost, 0),
        row("people in two rows", len(ids) - len(set(ids)), 0),
        row("planted old rows found, of 1", int(bool(planted)), 1),
        row("people written meanwhile", written),
    ]


def row(what: str, measured: int, bar: int | None = None) -> dict[str, object]:
    """A line of the report."""
    return {"what": what, "measured": f"{measured:,}", "bar": "" if bar is None else f"{bar:,}"}


def row_in_the_midst(url: str) -> dict[str, Any]:
    """A row: its key, its ref and what is sealed in it."""
    columns = (user.c.id, user.c.ref, user.c.external_id, user.c.attributes)
    with Database(url) as database, database.reading() as connection:
        half = select(func.max(user.c.id) / 2).scalar_subquery()
        chosen = select(*columns).where(user.c.id >= half).limit(1)
        return dict(connection.execute(chosen).mappings().one())


def plant(url: str, former: dict[str, Any]) -> None:
    """Puts a former row back, as an old backup of the table would."""
    with Database(url) as database, database.writing() as connection:
        connection.execute(update(user).where(user.c.id == former["id"]).values(former))


@contextmanager
def writers(folder: Path, url: str) -> Iterator[None]:
    """Runs the writers until the block ends."""
    command = [sys.executable, __file__, "--writer", url, str(folder)]
    running = [subprocess.Popen([*command, str(number)]) for number in range(WRITERS)]
    try:
        while len(list(folder.glob("*.ready"))) < WRITERS:
            time.sleep(0.05)
        yield
    finally:
        (folder / "stop").touch()
        if any(process.wait() for process in running):
            raise SystemExit("A writer failed.")


def write(url: str, place: str, number: str) -> None:
    """Writes until told to stop; keeps what was acknowledged."""
    folder, acknowledged = Path(place), {}
    with Tastemaker(url, key=KeyFile(folder.parent / "key")) as shop:
        shop.show("p0")
        (folder / f"{number}.ready").touch()
        turn = 0
        while not (folder / "stop").exists():
            # Every other one is of somebody who is there already, and of no other writer.
            new, old = f"{folder.name}{number}-{turn}", f"p{3 * (turn % 1000) + int(number)}"
            user_id = new if turn % 2 else old
            shop.put_users([{"user_id": user_id, "town": f"{number} {turn}"}])
            acknowledged[user_id] = f"{number} {turn}"
            turn += 1
            time.sleep(PAUSE)
    (folder / f"{number}.json").write_text(json.dumps(acknowledged))


def missing(shop: Tastemaker, folder: Path) -> tuple[int, int]:
    """How many acknowledged writes are not there, and how many there were."""
    lost = written = 0
    for file in folder.glob("*.json"):
        for user_id, town in json.loads(file.read_text()).items():
            written += 1
            lost += shop.show(user_id)["attributes"] != {"town": town}
    return lost, written


if __name__ == "__main__":
    main()
