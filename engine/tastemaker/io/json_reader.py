"""Reading JSON lines, one object a line, a bounded number at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tastemaker.errors import InputError
from tastemaker.io.block import ObjectBlock, Refusal
from tastemaker.io.csv_reader import BLOCK_BYTES, BLOCK_ROWS, IGNORED
from tastemaker.io.source import InputFile, Lines, as_text
from tastemaker.validation import Json


def read_json_lines(source: InputFile) -> Iterator[ObjectBlock]:
    """The rows of a file with one JSON object a line.

    Raises:
        FileRefusedError: a line is too long, or the file is damaged.
    """
    bytes_in = Lines(source)
    enough = BLOCK_BYTES
    lines: list[int] = []
    objects: list[dict[str, Json]] = []
    refused: list[Refusal] = []
    for line, text in enumerate(as_text(bytes_in), start=1):
        if not text.isspace():
            try:
                objects.append(renamed(parse_object(text), source.renamed))
                lines.append(line)
            except InputError as error:
                refused.append(Refusal(line, str(error), text))
        if len(lines) + len(refused) >= BLOCK_ROWS or bytes_in.total > enough:
            yield ObjectBlock(lines, objects, refused)
            lines, objects, refused = [], [], []
            enough = bytes_in.total + BLOCK_BYTES
    yield ObjectBlock(lines, objects, refused)


def renamed(row: dict[str, Json], names: Mapping[str, str]) -> dict[str, Json]:
    """The row by other names; what has a name that is given too gives way to it."""
    if not names:
        return row
    given = {names[name]: value for name, value in row.items() if name in names}
    return {name: value for name, value in row.items() if name not in names} | given


def parse_object(text: str) -> dict[str, Json]:
    """The JSON object of one line.

    Raises:
        InputError: it is none.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = getattr(error, "msg", "a number or the nesting is too large")
        raise InputError(f"the line is not JSON: {message}") from None
    if not isinstance(value, dict):
        raise InputError("the line is not a JSON object, {…}")
    return {name: part for name, part in value.items() if name not in IGNORED}
