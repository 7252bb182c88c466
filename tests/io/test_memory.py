"""However long a file is, an import holds only a part of it."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tastemaker.io import staging
from tastemaker.io.importing import import_file
from tastemaker.store.crypto.keys import Key
from tastemaker.store.key_rows import create_keyring
from tastemaker.store.sql.database import Database

Write = Callable[[str, str | bytes], Path]
Fork = Callable[[Callable[[], object]], int]


def grown_by(database: Database, key: Key, path: Path, fork: Fork) -> int:
    """By how many KiB a process grows over its import."""
    reading, writing = os.pipe()

    def work() -> None:
        with database.writing() as connection:
            keyring = create_keyring(connection, key)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        import_file(database, keyring, "interactions", path)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        os.write(writing, str(after - before).encode())

    child = fork(work)
    os.close(writing)
    with os.fdopen(reading) as stream:
        grown = int(stream.read())
    os.waitpid(child, 0)
    return grown


def test_four_times_the_rows_take_no_more_memory(
    sqlite_database: Database, key: Key, write: Write, fork: Fork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SEGMENT_ROWS", 20_000)
    monkeypatch.setattr("tastemaker.io.spool.MEMORY_BYTES", 2**20)
    row = "user-{0},item-{1},view,1,{2}\n"
    lines = [row.format(n % 5003, n % 1009, 10**9 + n) for n in range(160_000)]
    header = "user_id,item_id,kind,value,timestamp\n"
    short = grown_by(
        sqlite_database, key, write("short.csv", header + "".join(lines[:40_000])), fork
    )
    long = grown_by(sqlite_database, key, write("long.csv", header + "".join(lines)), fork)
    # In KiB; all 160,000 rows as Python objects would be about 50 MiB.
    assert long < short + 8 * 1024
