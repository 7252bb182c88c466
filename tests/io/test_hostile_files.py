"""Files made to harm: what they cost is bounded, and what they raise is typed."""

from __future__ import annotations

import gzip
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
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


def refusal(path: Path) -> str:
    """Why a file of items is refused."""
    with open_input(path) as source, pytest.raises(FileRefusedError) as refused:
        list(read_blocks(source, ("item_id",)))
    return str(refused.value)


def test_a_small_parquet_file_that_unfolds_is_refused_before_it_does(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "items.parquet"
    ids = [str(number) for number in range(1000)]

    def written(column: object) -> Path:
        table = arrow.table({"item_id": ids, "text": column})
        parquet.write_table(table, path, compression="zstd")
        assert path.stat().st_size < 200_000
        return path

    # one text of a megabyte that a thousand rows refer to: a gigabyte as they are read
    repeated = arrow.DictionaryArray.from_arrays([0] * 1000, ["x" * 2**20])
    assert "rows hold more than" in refusal(written(repeated))
    longest = arrow.DictionaryArray.from_arrays([0] * 1000, ["x" * (2**22 + 1)])
    assert "longer than" in refusal(written(longest))
    unfolding = arrow.array(["x" * (100 * 2**20), *[""] * 999])
    assert "more than 1000 times its size" in refusal(written(unfolding))
    lists = arrow.array([[1] * 2000] * 1000)
    assert "values a row" in refusal(written(lists))


def test_texts_of_parquet_come_as_they_are(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "item_id": [f"item {number}" for number in range(2500)],
        "title": ["same", None, "", "other", "é"] * 500,
        "tags": [["a", "b"], [], None, ["c"], ["a"]] * 500,
        "price": [1.5, None, 2.0, 3.0, 4.0] * 500,
    }
    coded = arrow.array(columns["title"]).dictionary_encode()
    for name, table in {
        "plain": arrow.table(columns),
        "coded": arrow.table({**columns, "title": coded}),
        "large": arrow.table(columns).cast(
            arrow.table(columns).schema.set(1, arrow.field("title", arrow.large_string()))
        ),
    }.items():
        path = tmp_path / f"{name}.parquet"
        parquet.write_table(table, path, row_group_size=700)
        with open_input(path) as source:
            blocks = list(read_blocks(source, ("item_id",)))
        for column, values in columns.items():
            assert [one for block in blocks for one in block.column(column) or ()] == values


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_parquet_file_is_a_typed_error_or_read(tmp_path: Path, seed: int) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "items.parquet"
    table = {"item_id": ["a", "b", "c"] * 50, "title": ["x", "y", None] * 50, "n": [1, 2, 3] * 50}
    parquet.write_table(arrow.table(table), path)
    rng = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for place in rng.integers(4, len(content) - 8, rng.integers(1, 9)).tolist():
        content[place] = int(rng.integers(256))
    path.write_bytes(content[: rng.integers(8, len(content) + 1)] if seed % 3 == 0 else content)
    with open_input(path) as source, suppress(FileRefusedError):
        list(read_blocks(source, ("item_id",)))


def test_an_endless_file_of_blank_lines_takes_no_memory(tmp_path: Path, keyring: Keyring) -> None:
    path = tmp_path / "interactions.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(b"user_id,item_id\n")
        packed.write(b"\n" * 200_000)
    stager = Stager(keyring, "view")
    tracemalloc.start()
    try:
        with open_input(path) as source:
            for block in read_blocks(source, ("user_id", "item_id")):
                assert stager.add(block) == ([], None)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()
    assert stager.finish() is None
