"""Reading CSV with a header line, a bounded number of rows at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import Any

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io.block import ColumnBlock, Refusal
from tastemaker.io.source import InputFile, Lines, as_text
from tastemaker.store.interactions.columns import FILE_COLUMNS
from tastemaker.validation import RESERVED, check_text

# More rows at a time are slower, for what was read first has left the cache: blocks of 20,000 rows,
# read one by one, took twice as long (a million rows of benchmarks/bulk.py).
BLOCK_ROWS = 1_000
STEP_ROWS = 100

# Limits against files that would fill the memory; chosen, not measured.
BLOCK_BYTES = 8 * 2**20
MOST_COLUMNS = 1000

LINE_BREAK = re.compile("\r\n|\r|\n")
KNOWN_COLUMNS = frozenset((*FILE_COLUMNS, *RESERVED))
"""Names that mean something in a file, and so say nothing of a person."""

IGNORED = frozenset({"rejected_line", "rejected_reason"})
"""Columns of a rejects file that say why; so it can be imported as it is once it is corrected."""


def read_csv(source: InputFile, required: Sequence[str]) -> Iterator[ColumnBlock]:
    """The rows of a CSV file.

    Args:
        source: the open file.
        required: columns that the header must have.

    Raises:
        FileRefusedError: the header is not good, a quote is never closed, or a line is too long.
    """
    bytes_in = Lines(source)
    reader = csv.reader(as_text(bytes_in), strict=True)
    header = header_of(source, reader, required)
    ended = False
    while not ended:
        lines: list[int] = []
        rows: list[list[str]] = []
        refused: list[Refusal] = []
        enough = bytes_in.total + BLOCK_BYTES
        while not ended and len(rows) + len(refused) < BLOCK_ROWS and bytes_in.total < enough:
            before = reader.line_num
            some, refusal = next_rows(reader, source)
            ended = len(some) < STEP_ROWS and refusal is None
            span = reader.line_num - before - (refusal is not None)
            lines.extend(lines_of(some, before, span))
            rows.extend(some)
            refused.extend([refusal] if refusal else [])
        yield as_block(header, lines, rows, refused)


def next_rows(reader: Any, source: InputFile) -> tuple[list[list[str]], Refusal | None]:
    """The next rows, up to one whose quotes are wrong in a way that ends with its line.

    Raises:
        FileRefusedError: the quotes are wrong in a way that nobody can tell where it ends.
    """
    rows: list[list[str]] = []
    try:
        rows.extend(islice(reader, STEP_ROWS))  # what came before an error stays in the list
    except csv.Error as error:
        if "expected after" not in str(error):
            reason = f"a quoted field does not end ({error})"
            if "field limit" in str(error):
                reason = f"a field is longer than {csv.field_size_limit():,} characters, or its "
                reason += "quotes do not end"
            raise FileRefusedError(source.name, reader.line_num, reason) from None
        reason = "a quote stands inside a quoted field; write it twice"
        return rows, Refusal(reader.line_num, reason, ())
    return rows, None


def lines_of(rows: Sequence[Sequence[str]], before: int, span: int) -> Sequence[int]:
    """The line on which each row begins.

    Args:
        rows: rows one after the other, a blank line as an empty row.
        before: the last line before them.
        span: how many lines they are.
    """
    if span == len(rows):
        return range(before + 1, before + 1 + span)
    heights = (1 + sum(len(LINE_BREAK.findall(field)) for field in row) for row in rows)
    return list(accumulate(heights, initial=before + 1))[:-1]


def header_of(source: InputFile, reader: Any, required: Sequence[str]) -> list[str]:
    """The names of the columns.

    Raises:
        FileRefusedError: there is none, two are alike, one is ill-formed, or one is missing.
    """
    try:
        header = source.present_names(name.strip() for name in next(reader, []))
        check_header(header, required)
    except (csv.Error, InputError) as error:
        reason = str(error).rstrip(".")
        raise FileRefusedError(source.name, 1, reason, "Correct the header.") from None
    return header


def check_header(header: Sequence[str], required: Sequence[str]) -> None:
    """Refuses a header that does not say clearly what is in the columns.

    It is not shown: without a line of names, it is the first row of data.

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
    if twice := [place for place, name in enumerate(header) if name in header[:place]]:
        first = header.index(header[twice[0]])
        raise InputError(f"columns {first + 1} and {twice[0] + 1} of the header are named alike")
    if missing := [name for name in required if name not in header]:
        others = any(separator in header[0] for separator in ";\t|")
        hint = " (columns are separated by commas)" if others else ""
        found = [name for name in header if name in KNOWN_COLUMNS]
        only = f", only {', '.join(found)}" if found else ""
        reason = f"there is no column {', '.join(missing)}{hint} among the {len(header)}{only}"
        raise InputError(
            f"{reason}, or the line with the names of the columns is missing; --map takes columns "
            "of other names"
        )


def as_block(
    header: Sequence[str], lines: list[int], rows: list[list[str]], refused: list[Refusal]
) -> ColumnBlock:
    """The columns of split rows; an empty field is a value that is not there."""
    width = len(header)
    if [] in rows:  # a blank line is not a row
        lines = [line for line, row in zip(lines, rows, strict=True) if row]
        rows = [row for row in rows if row]
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
