"""Sizes and counts of a Parquet file, read from its footer without pyarrow."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io.parquet_footer import read_row_groups
from tastemaker.io.readers import read_blocks
from tastemaker.io.source import open_input

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def written(compression: str = "snappy") -> bytes:
    """A file of three row groups: texts, numbers, lists, a time and a nested value."""
    table = arrow.table(
        {
            "item_id": [f"item {number}" for number in range(100)],
            "price": [number / 3 for number in range(100)],
            "tags": [["new", "red"], [], ["old"], None] * 25,
            "made": arrow.array(range(100), arrow.timestamp("us")),
            "more": [{"left": 1, "right": "x"}] * 100,
        }
    )
    stream = io.BytesIO()
    parquet.write_table(table, stream, row_group_size=40, compression=compression)
    return stream.getvalue()


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none"])
def test_sizes_and_counts_are_those_that_pyarrow_finds(compression: str) -> None:
    data = written(compression)
    metadata = parquet.read_metadata(io.BytesIO(data))
    groups = read_row_groups(io.BytesIO(data))
    assert [len(group.columns) for group in groups] == [6, 6, 6]
    for place, group in enumerate(groups):
        expected = metadata.row_group(place)
        assert group.rows == expected.num_rows
        for column, chunk in enumerate(group.columns):
            found = expected.column(column)
            assert chunk.values == found.num_values
            assert chunk.unpacked == found.total_uncompressed_size
            assert chunk.packed == found.total_compressed_size


def footer_at(data: bytes) -> int:
    return len(data) - 8 - int(struct.unpack("<I", data[-8:-4])[0])


def test_a_footer_that_ends_anywhere_is_refused() -> None:
    data = written()
    start = footer_at(data)
    for size in range(0, len(data) - 8 - start, 7):
        shorter = data[: start + size] + struct.pack("<I", size) + b"PAR1"
        with pytest.raises(InputError, match="footer"):
            read_row_groups(io.BytesIO(shorter))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"PAR1" + b"\x00" * 20,
        b"PAR1" + struct.pack("<I", 2**31) + b"PAR1",
        b"PAR1" + b"\x1c" * 4000 + struct.pack("<I", 4000) + b"PAR1",  # a struct in a struct in …
        b"PAR1"
        + b"\x19\xfc\xff\xff\xff\xff\x0f\x00"
        + struct.pack("<I", 8)
        + b"PAR1",  # a list of 2 ** 32
    ],
)
def test_bytes_that_are_no_footer_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="footer"):
        read_row_groups(io.BytesIO(data))


READ = """
import sys
from tastemaker.errors import InputError
from tastemaker.io.readers import read_blocks
from tastemaker.io.source import open_input
for path in sys.argv[1:]:
    try:
        with open_input(path) as source:
            list(read_blocks(source, ("item_id",)))
        print("read")
    except InputError as error:
        print("refused")
"""


def test_a_changed_footer_is_read_or_refused_and_ends_no_process(tmp_path: Path) -> None:
    # pyarrow's own metadata ends the process where, for example, histograms have another size
    data = written()
    start = footer_at(data)
    files = []
    for place in range(start, len(data) - 8, 5):
        changed = bytearray(data)
        changed[place] = (changed[place] + 2) % 256
        files.append(tmp_path / f"{place}.parquet")
        files[-1].write_bytes(changed)
    command = [sys.executable, "-c", READ, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    said = done.stdout.split()
    assert len(said) == len(files)
    assert set(said) == {"read", "refused"}


def test_a_file_without_a_footer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    path.write_bytes(b"PAR1 and nothing else PAR1")
    with open_input(path) as source, pytest.raises(FileRefusedError, match="items.parquet"):
        list(read_blocks(source, ("item_id",)))
