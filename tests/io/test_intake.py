"""Any number of rows in bounded memory: what was checked waits on disk, sealed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tastemaker.io import staging
from tastemaker.io.cell_spool import CellSpool
from tastemaker.io.intake import ItemIntake, UserIntake
from tastemaker.io.putting import add_all, record_table
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database


def test_cells_come_back_as_they_were() -> None:
    rows = [(b"", b"a" * 1000), (b"\0", b"b")]
    with CellSpool(2, memory=100) as spool:
        for row in rows:
            spool.append(*row)
        assert len(spool) == 2
        assert list(spool.rows()) == rows
        assert list(spool.rows()) == rows


def items(count: int) -> Iterator[dict[str, object]]:
    return ({"item_id": f"item-{number}", "text": "x" * 400} for number in range(count))


def test_items_of_a_generator_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    peaks = []
    for count in (10_000, 40_000):
        with ItemIntake() as intake:
            intake._spool = intake.enter_context(CellSpool(1, memory=2**20))
            tracemalloc.start()
            add_all(intake, "items", items(count))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
    assert peaks[1] < 8 * 2**20


def test_users_wait_sealed(keyring: Keyring) -> None:
    with UserIntake(keyring, []) as intake:
        add_all(intake, "users", [{"user_id": "alice", "town": "Reykjavik"}])
        (row,) = intake._spool.rows()
    assert row[0] == keyring.ref("alice")
    assert b"alice" not in b"".join(row)
    assert b"Reykjavik" not in b"".join(row)


def test_many_segments(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(staging, "SEGMENT_ROWS", 700)
    rows = [
        {"user_id": f"u{n % 211}", "item_id": f"i{n % 97}", "timestamp": 1_600_000_000 + n % 1009}
        for n in range(3000)
    ]
    result = record_table(database, keyring, iter(rows), "like")
    kept = len({tuple(row.values()) for row in rows})
    assert (result.read, result.new, result.updated) == (3000, kept, 3000 - kept)
    with database.writing() as connection:
        again = record_table(database, keyring, rows, "like", connection)
        assert (again.new, again.updated) == (0, 3000)
