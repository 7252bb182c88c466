"""Writing rows as CSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, TextIO, TypeAlias

from tastemaker.io.parquet_reader import import_pyarrow
from tastemaker.io.source import FileFormat

FileRow: TypeAlias = Mapping[str, Any]
"""A row of a file: its values by the name of their column."""

GROUP_ROWS = 50_000
"""Rows that Parquet packs together; chosen, not measured."""


def write_rows(
    stream: BinaryIO, form: FileFormat, columns: Sequence[str], rows: Iterable[FileRow]
) -> int:
    """Writes rows; how many.

    Args:
        stream: where to.
        form: how: "csv", "jsonl" or "parquet".
        columns: the names, in order, for the forms that have a header.
        rows: values by name; None or nothing where a row has no value.
    """
    writers: Mapping[FileFormat, Callable[[BinaryIO, Sequence[str], Iterable[FileRow]], int]] = {
        "csv": write_csv,
        "jsonl": write_json_lines,
        "parquet": write_parquet,
    }
    return writers[form](stream, columns, rows)


def write_csv(stream: BinaryIO, columns: Sequence[str], rows: Iterable[FileRow]) -> int:
    """Writes rows as CSV with a header; values stand as they are, so that they come back alike."""
    text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
    try:
        write_line = csv_writer(text)
        write_line(columns)
        count = 0
        for row in rows:
            write_line([as_cell(row.get(name)) for name in columns])
            count += 1
        return count
    finally:
        text.flush()
        text.detach()


def csv_writer(text: TextIO) -> Callable[[Sequence[str]], object]:
    """Writes fields as a line of CSV, such that they are read back as they are."""
    plain = csv.writer(text, lineterminator="\n").writerow
    # Python before 3.13 leaves a carriage return unquoted, and takes it for the end of the line.
    quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow
    return lambda cells: quoted(cells) if any("\r" in cell for cell in cells) else plain(cells)


def as_cell(value: Any) -> str:
    """A value as the text of a field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write_json_lines(stream: BinaryIO, columns: Sequence[str], rows: Iterable[FileRow]) -> int:
    """Writes rows as one JSON object a line, without what they do not have."""
    count = 0
    for row in rows:
        present = {name: value for name, value in row.items() if value is not None}
        text = json.dumps(present, ensure_ascii=False, allow_nan=False)
        stream.write(text.encode("utf-8", "surrogateescape") + b"\n")
        count += 1
    return count


def write_parquet(stream: BinaryIO, columns: Sequence[str], rows: Iterable[FileRow]) -> int:
    """Writes rows as Parquet: `value` as a number, everything else as text.

    Raises:
        InputError: pyarrow is not installed.
    """
    arrow, parquet = import_pyarrow()
    types = {"value": arrow.float64(), "available": arrow.bool_()}
    schema = arrow.schema([(name, types.get(name, arrow.string())) for name in columns])
    count = 0
    with parquet.ParquetWriter(stream, schema) as writer:
        remaining = iter(rows)
        while group := list(islice(remaining, GROUP_ROWS)):
            table = {name: [as_typed(name, row.get(name)) for row in group] for name in columns}
            writer.write_table(arrow.table(table, schema=schema))
            count += len(group)
    return count


def as_typed(name: str, value: Any) -> Any:
    """A value of a Parquet column."""
    if value is None or name in ("value", "available"):
        return value
    return as_cell(value)
