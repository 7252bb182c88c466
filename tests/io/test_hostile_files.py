"""Files made to harm: what they cost is bounded, and what they raise is typed."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tastemaker.errors import FileRefusedError
from tastemaker.io.block import ColumnBlock
from tastemaker.io.readers import read_blocks
from tastemaker.io.source import open_input
from tastemaker.io.staging import Stager
from tastemaker.store.crypto.keyring import Keyring


def test_blocks_without_rows_are_not_kept(keyring: Keyring) -> None:
    stager = Stager(keyring, "view")
    blank = ColumnBlock((), {"user_id": (), "item_id": ()})
    stager.add(blank)
    tracemalloc.start()
    try:
        for _ in range(500):
            stager.add(blank)
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()
    assert stager.finish() is None


def test_a_value_that_python_cannot_hold_is_a_typed_error(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    days = arrow.array([2_000_000_000], arrow.date32())
    path = tmp_path / "items.parquet"
    parquet.write_table(arrow.table({"item_id": ["a"], "made": days}), path)
    with (
        open_input(path) as source,
        pytest.raises(FileRefusedError, match="damaged or cannot be read"),
    ):
        list(read_blocks(source, ("item_id",)))
