"""Where a file comes from: a path or standard input, packed with gzip or not, in one of 3 forms."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias, cast, get_args

from tastemaker.errors import FileRefusedError, InputError

FileFormat: TypeAlias = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)

STANDARD = "-"
LINE_BYTES = 4 * 2**20
"""The longest line; chosen, not measured: far above any row, far below the memory."""

BUFFER_BYTES = 2**18
"""What is read at a time; chosen, not measured."""

SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True)
class InputFile:
    """An open file.

    Attributes:
        name: what to call it in messages.
        form: how its rows are written.
        stream: its bytes, unpacked.
        size: bytes on disk; 0 where nobody knows.
        position: how many of these bytes were read so far.
        plain: whether `stream` is the file itself, in which one can go back and forth.
        renamed: what columns of other names mean, by the name that they have in the file.
    """

    name: str
    form: FileFormat
    stream: io.BufferedReader[Any]
    size: int
    position: Callable[[], int]
    plain: bool
    renamed: Mapping[str, str] = field(default_factory=dict)

    def present_names(self, names: Iterable[str]) -> list[str]:
        """The names of the file's columns, as they are to be read.

        Raises:
            InputError: a column that is to be renamed is not there.
        """
        found = list(names)
        if missing := [name for name in self.renamed if name not in found]:
            raise InputError(f"there is no column {', '.join(missing)} to be read as another")
        return [self.renamed.get(name, name) for name in found]


@contextmanager
def open_input(
    path: str | Path, form: FileFormat | None = None, renamed: Mapping[str, str] | None = None
) -> Iterator[InputFile]:
    """Opens a file for reading.

    Args:
        path: its name, or "-" for standard input.
        form: how its rows are written; by its name (or its first bytes) where not given.
        renamed: what columns of other names mean, by the name that they have in the file.

    Raises:
        InputError: it cannot be read, or it is not clear how its rows are written.
    """
    others = dict(renamed or {})
    if str(path) == STANDARD:
        raw = io.BufferedReader(cast(Any, sys.stdin.buffer), BUFFER_BYTES)
        try:
            yield replace(as_input("standard input", raw, form), renamed=others)
        finally:
            raw.detach()  # or standard input would be closed with it
    else:
        with open_file(path) as raw:
            yield replace(as_input(str(path), raw, form), renamed=others)


def as_input(name: str, raw: io.BufferedReader[Any], form: FileFormat | None) -> InputFile:
    """What is known of an open file.

    Raises:
        InputError: it cannot be read, or it is not clear how its rows are written.
    """
    size = file_size(raw)
    try:
        packed = raw.peek(2)[:2] == GZIP_MAGIC
    except OSError as error:
        raise unreadable(name, error) from None
    unpacked = gzip.GzipFile(fileobj=raw)
    stream = io.BufferedReader(unpacked, BUFFER_BYTES) if packed else raw
    chosen = form or form_of_name(name) or form_of_content(name, stream)
    return InputFile(
        name, chosen, stream, size, raw.tell if size else lambda: 0, size > 0 and not packed
    )


def open_file(path: str | Path) -> io.BufferedReader[Any]:
    """A file as bytes.

    Raises:
        InputError: it is not there, is a folder, or may not be read.
    """
    try:
        return io.BufferedReader(io.FileIO(path), BUFFER_BYTES)
    except (OSError, ValueError) as error:
        raise unreadable(str(path), error) from None


def unreadable(name: str, error: Exception) -> InputError:
    """Says that a file cannot be read, and why."""
    reason = getattr(error, "strerror", None) or "its name or content is not valid"
    return InputError(f"{name} cannot be read: {reason}. Check the name and who may read it.")


def file_size(raw: BinaryIO) -> int:
    """The size of a regular file, or 0."""
    try:
        status = os.fstat(raw.fileno())
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def form_of_name(name: str) -> FileFormat | None:
    """How the rows of a file of that name are written; None for standard input.

    Raises:
        InputError: the ending says nothing.
    """
    if name == "standard input":
        return None
    suffix = Path(name.removesuffix(".gz")).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{name}: the ending {suffix or '(none)'} is not known. Name the file *.csv, *.jsonl "
            "or *.parquet (.gz may follow), or give --format."
        )
    return SUFFIXES[suffix]


def form_of_content(name: str, stream: io.BufferedReader[Any]) -> FileFormat:
    """How rows are written that begin like this.

    Raises:
        InputError: it cannot be read.
    """
    try:
        start = stream.peek(16)[:16]
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(name, error) from None
    if start.startswith(PARQUET_MAGIC):
        return "parquet"
    return "jsonl" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "csv"


class Lines(io.RawIOBase):
    """Bytes handed on as they are, unless a line is longer than anybody's patience.

    Readers of text take in a whole line at a time; a file of one endless line would fill the
    memory before it could be refused.

    Attributes:
        total: how many bytes were handed on.
    """

    def __init__(self, source: InputFile) -> None:
        self._source = source
        self._since_newline = 0
        self._newlines = 0
        self.total = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """Reads the next bytes into the buffer; how many."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._read(len(view))
        view[: len(data)] = data
        last = data.rfind(b"\n")
        self._since_newline = len(data) - last - 1 if last >= 0 else self._since_newline + len(data)
        self._newlines += data.count(b"\n")
        self.total += len(data)
        if self._since_newline > LINE_BYTES:
            reason = f"the line is longer than {LINE_BYTES} bytes"
            raise FileRefusedError(self._source.name, self._newlines + 1, reason)
        return len(data)

    def _read(self, size: int) -> bytes:
        try:
            return self._source.stream.read1(size)
        except (OSError, EOFError, zlib.error) as error:
            reason = f"the file is damaged or truncated ({error})"
            raise FileRefusedError(self._source.name, self._newlines + 1, reason) from None


def as_text(lines: Lines) -> io.TextIOWrapper:
    """The text of a file, in UTF-8.

    A byte that is not UTF-8 becomes a lone surrogate, which validation refuses in whichever row
    it stands, instead of ending the whole file without a line.
    """
    buffered = io.BufferedReader(lines, BUFFER_BYTES)
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape", newline="")
