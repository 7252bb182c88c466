"""Files in a format of a plugin's: its rows are handed on as JSON lines, and so checked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from tastemaker.errors import FileRefusedError
from tastemaker.io.source import BUFFER_BYTES, InputFile, open_input

RowReader: TypeAlias = Callable[[BinaryIO], Iterable[Mapping[str, object]]]
"""From the bytes of a file to its rows, each by the names of its columns."""


@dataclass(frozen=True)
class RowFormat:
    """A format that a plugin reads.

    Attributes:
        name: what the names of such files end with, without the dot.
        origin: the package that brings it, and its version.
        read: gives the rows of a file.
    """

    name: str
    origin: str
    read: RowReader


@contextmanager
def open_rows(
    path: str | Path, form: RowFormat, renamed: Mapping[str, str] | None = None
) -> Iterator[InputFile]:
    """Opens a file in a plugin's format, as if its rows were JSON lines; .gz is unpacked.

    Raises:
        InputError: it cannot be read.
    """
    with open_input(path, "jsonl", renamed) as source:
        rows = RowStream(source, form)
        stream = io.BufferedReader(cast(Any, rows), BUFFER_BYTES)
        yield replace(source, stream=stream, plain=False)


class RowStream(io.RawIOBase):
    """The rows of a file as bytes, a JSON object a line; read as they are wanted.

    Whatever the plugin raises refuses the file. Its text is not quoted: a file may hold people.
    """

    def __init__(self, source: InputFile, form: RowFormat) -> None:
        self._name, self._form = source.name, form
        self._lines = self._encoded(source)
        self._rest = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """Reads the next bytes into the buffer; how many."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._rest:
            self._rest = next(self._lines, b"")
        part, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(part)] = part
        return len(part)

    def _encoded(self, source: InputFile) -> Iterator[bytes]:
        done = 0
        try:
            for row in self._form.read(cast(BinaryIO, source.stream)):
                yield json.dumps(dict(row), allow_nan=False).encode() + b"\n"
                done += 1
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a plugin's SystemExit must not end the application
            form = self._form
            reason = f"the format {form.name} of {form.origin} failed ({type(error).__name__})"
            raise FileRefusedError(self._name, done + 1, reason) from None
