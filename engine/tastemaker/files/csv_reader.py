"""Reading CSV with a header line, a bounded number of rows at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from tastemaker.border import check_text
from tastemaker.errors import FileRefusedError, InputError
from tastemaker.files.block import ColumnBlock, Refusal
from tastemaker.files.source import Lines, Source, as_text

BLOCK_ROWS = 20_000
BLOCK_BYTES = 8 * 2**20
MOST_COLUMNS = 1000
IGNORED = frozenset({"rejected_line", "rejected_reason"})
"""Columns of a rejects file that say why; so it can be imported as it is once it is corrected."""


def read_csv(source: Source, required: Sequence[str]) -> Iterator[ColumnBlock]:
    """The rows of a CSV file.

    Args:
        source: the open file.
        required: columns that the header must have.

    Raises:
        FileRefusedError: the header is not good, a quote is never closed, or a line is too long.
    """
    bytes_in = Lines(source)
    reader = csv.reader(as_text(bytes_in), strict=True)
    header = read_header(source, reader, required)
    while True:
        lines: list[int] = []
        rows: list[list[str]] = []
        refused: list[Refusal] = []
        enough = bytes_in.total + BLOCK_BYTES
        before = reader.line_num
        for row in rows_of(reader, source, refused):
            if row:  # a blank line is not a row
                rows.append(row)
                lines.append(before + 1)
            before = reader.line_num
            if len(rows) == BLOCK_ROWS or bytes_in.total > enough:
                break
        else:
            yield as_block(header, lines, rows, refused)
            return
        yield as_block(header, lines, rows, refused)


def rows_of(reader: Any, source: Source, refused: list[Refusal]) -> Iterator[list[str]]:
    """The rows, without those whose quotes are wrong in a way that ends with their line."""
    while True:
        try:
            yield from reader
            return
        except csv.Error as error:
            if "expected after" not in str(error):
                reason = f"a quoted field does not end ({error})"
                raise FileRefusedError(source.name, reader.line_num, reason) from None
            reason = "a quote stands inside a quoted field; write it twice"
            refused.append(Refusal(reader.line_num, reason, ()))


def read_header(source: Source, reader: Any, required: Sequence[str]) -> list[str]:
    """The names of the columns.

    Raises:
        FileRefusedError: there is none, two are alike, one is ill-formed, or one is missing.
    """
    try:
        header = [name.strip() for name in next(reader, [])]
        check_header(header, required)
    except (csv.Error, InputError) as error:
        raise FileRefusedError(source.name, 1, str(error).rstrip(".")) from None
    return header


def check_header(header: Sequence[str], required: Sequence[str]) -> None:
    """Refuses a header that does not say clearly what is in the columns.

    Raises:
        InputError: it says what is wrong.
    """
    for name in header:
        check_text(name, "the header")
    if not any(header):
        raise InputError("there is no header with the names of the columns")
    if len(header) > MOST_COLUMNS:
        raise InputError(f"there are {len(header)} columns; the most is {MOST_COLUMNS}")
    if "" in header:
        raise InputError(f"column {header.index('') + 1} of the header has no name")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise InputError(f"the header names {', '.join(twice)} twice")
    if missing := [name for name in required if name not in header]:
        hint = " (columns are separated by commas)" if len(header) == 1 else ""
        found = ", ".join(header)
        raise InputError(f"there is no column {', '.join(missing)}{hint}, only {found:.200}")


def as_block(
    header: Sequence[str], lines: list[int], rows: list[list[str]], refused: list[Refusal]
) -> ColumnBlock:
    """The columns of split rows; an empty field is a value that is not there."""
    width = len(header)
    if any(map(width.__ne__, map(len, rows))):
        pairs = list(zip(lines, rows, strict=True))
        reason = f"the row has another number of fields than the header, which has {width}"
        refused.extend(Refusal(line, reason, row) for line, row in pairs if len(row) != width)
        lines = [line for line, row in pairs if len(row) == width]
        rows = [row for row in rows if len(row) == width]
    columns = zip(*rows, strict=True) if rows else ((),) * width
    named: dict[str, Sequence[Any]] = {
        name: [value or None for value in column] if "" in column else column
        for name, column in zip(header, columns, strict=True)
        if name not in IGNORED
    }
    return ColumnBlock(lines, named, refused)
