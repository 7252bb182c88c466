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
from tastemaker.validation.numbers import is_plain_number

FileRow: TypeAlias = Mapping[str, Any]
"""A row of a file: its values by the name of their column."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

GROUP_ROWS = 50_000
"""Rows that Parquet packs together; chosen, not measured."""


def write_rows(
    stream: BinaryIO,
    form: FileFormat,
    columns: Sequence[str],
    rows: Iterable[FileRow],
    safe: bool = False,
) -> int:
    """Writes rows; how many.

    Args:
        stream: where to.
        form: how: "csv", "jsonl" or "parquet".
        columns: the names, in order, for the forms that have a header.
        rows: values by name; None or nothing where a row has no value.
        safe: whether no field of CSV may be a formula to a spreadsheet.
    """
    if form == "csv":
        return write_csv(stream, columns, rows, safe)
    writers: Mapping[FileFormat, Callable[[BinaryIO, Sequence[str], Iterable[FileRow]], int]] = {
        "jsonl": write_json_lines,
        "parquet": write_parquet,
    }
    return writers[form](stream, columns, rows)


def write_csv(
    stream: BinaryIO, columns: Sequence[str], rows: Iterable[FileRow], safe: bool = False
) -> int:
    """Writes rows as CSV with a header.

    Values stand as they are, so that they come back alike; where `safe`, without formulas.
    """
    text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
    try:
        write_line = csv_writer(text, safe)
        write_line(columns)
        count = 0
        for row in rows:
            write_line([as_cell(row.get(name)) for name in columns])
            count += 1
        return count
    finally:
        text.flush()
        text.detach()


def csv_writer(text: TextIO, safe: bool = False) -> Callable[[Sequence[str]], object]:
    """Writes fields as a line of CSV, such that they are read back as they are unless `safe`."""
    plain = csv.writer(text, lineterminator="\n").writerow
    # Python before 3.13 leaves a carriage return unquoted, and takes it for the end of the line.
    quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow

    def write(cells: Sequence[str]) -> None:
        fields = list(map(without_formula, cells)) if safe else cells
        line = quoted if any("\r" in field for field in fields) else plain
        line(fields)

    return write


def without_formula(text: str) -> str:
    """A field that no spreadsheet takes for a formula: one that might be one gets an apostrophe.

    Source: OWASP, "CSV Injection". A number in decimal notation stays one.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not is_plain_number(text) else text


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
