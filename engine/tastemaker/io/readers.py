"""Reading a file, however its rows are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tastemaker.io.block import Block
from tastemaker.io.csv_reader import read_csv
from tastemaker.io.json_reader import read_json_lines
from tastemaker.io.parquet_reader import read_parquet
from tastemaker.io.source import InputFile


def read_blocks(source: InputFile, required: Sequence[str]) -> Iterator[Block]:
    """The rows of a file, some at a time.

    Args:
        source: the open file.
        required: columns that it must have.

    Raises:
        FileRefusedError: it cannot be read as what it should be.
    """
    if source.form == "csv":
        return read_csv(source, required)
    if source.form == "jsonl":
        return read_json_lines(source)
    return read_parquet(source, required)
