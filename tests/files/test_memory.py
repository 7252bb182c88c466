"""However long a file is, an import holds only a part of it."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from tastemaker.files import staging
from tastemaker.files.importing import import_file
from tastemaker.store.database import Database
from tastemaker.store.keyring import create_keyring
from tastemaker.store.keys import Key

Write = Callable[[str, str | bytes], Path]


def grown_by(database: Database, key: Key, path: Path) -> int:
    """By how many KiB a process grows over its import."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with database.writing() as connection:
            keyring = create_keyring(connection, key)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        import_file(database, keyring, "interactions", path)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        os.write(writing, str(after - before).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        grown = int(stream.read())
    os.waitpid(child, 0)
    return grown


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_four_times_the_rows_take_no_more_memory(
    sqlite_database: Database, key: Key, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SEGMENT_ROWS", 20_000)
    monkeypatch.setattr("tastemaker.files.spool.MEMORY_BYTES", 2**20)
    row = "user-{0},item-{1},view,1,{2}\n"
    lines = [row.format(n % 5003, n % 1009, 10**9 + n) for n in range(160_000)]
    header = "user_id,item_id,kind,value,timestamp\n"
    short = grown_by(sqlite_database, key, write("short.csv", header + "".join(lines[:40_000])))
    long = grown_by(sqlite_database, key, write("long.csv", header + "".join(lines)))
    # In KiB; all 160,000 rows as Python objects would be about 50 MiB.
    assert long < short + 8 * 1024
