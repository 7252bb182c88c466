"""The rejects file: rows that were set aside, and why."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from tastemaker.io.block import Refusal
from tastemaker.io.output_file import output_file
from tastemaker.io.source import STANDARD, FileFormat
from tastemaker.io.writers import as_cell, csv_writer


class Rejects:
    """Writes rows that were set aside, each with its line and the reason in front.

    Columns of these two names are passed over by an import, so the file can be corrected and
    imported as it is.

    Args:
        opened: opens the file; called when the first row is set aside.
        form: how the file the rows come from is written.

    Attributes:
        count: how many rows were set aside.
    """

    def __init__(self, opened: Callable[[], BinaryIO], form: FileFormat) -> None:
        self._opened = opened
        self._form = form
        self._stream: BinaryIO | None = None
        self.count = 0

    def add(self, refusals: Iterable[Refusal], columns: Sequence[str]) -> None:
        """Sets rows aside.

        Args:
            refusals: the rows.
            columns: the names of the file's columns.
        """
        for refusal in refusals:
            if self._form == "csv":
                if self._stream is None:
                    self._write(csv_line(("rejected_line", "rejected_reason", *columns)))
                self._write(csv_line(csv_fields(refusal, columns)))
            else:
                self._write(json_line(refusal))
            self.count += 1

    def _write(self, line: bytes) -> None:
        if self._stream is None:
            self._stream = self._opened()
        self._stream.write(line)


def csv_fields(refusal: Refusal, columns: Sequence[str]) -> list[Any]:
    """The line, the reason, and the row as it stood there."""
    row = refusal.row
    fields = [row.get(name) for name in columns] if isinstance(row, Mapping) else list(row)
    return [refusal.line, refusal.reason, *fields]


def csv_line(fields: Iterable[Any]) -> bytes:
    """Fields as a line of CSV; bytes that were not UTF-8 as they were."""
    text = io.StringIO(newline="")
    csv_writer(text)([as_cell(field) for field in fields])
    return text.getvalue().encode("utf-8", "surrogateescape")


def json_line(refusal: Refusal) -> bytes:
    """A refused row as a JSON object."""
    why = {"rejected_line": refusal.line, "rejected_reason": refusal.reason}
    row = refusal.row
    rest = dict(row) if isinstance(row, Mapping) else {"rejected_text": row}
    return json.dumps({**why, **rest}, default=str).encode() + b"\n"


@contextmanager
def rejects_file(path: str | Path, form: FileFormat) -> Iterator[Rejects]:
    """A rejects file, which only comes to be if a row is set aside.

    Raises:
        InputError: it cannot be written.
    """
    with ExitStack() as stack:
        yield Rejects(lambda: stack.enter_context(output_file(path)), form)


def default_path(path: str | Path, form: FileFormat) -> Path:
    """Where the rejects of a file go: beside it, "orders.rejected.csv".

    What is there already stays, for somebody may be correcting it: then "orders.rejected-2.csv".
    """
    ending = "csv" if form == "csv" else "jsonl"
    plain = Path("standard-input" if str(path) == STANDARD else str(path).removesuffix(".gz"))
    place = plain.with_name(f"{plain.stem}.rejected.{ending}")
    turn = 2
    while os.path.lexists(place):
        place = plain.with_name(f"{plain.stem}.rejected-{turn}.{ending}")
        turn += 1
    return place
