"""The rows of all tables as lines of JSON, and back: the same on both database systems.

Each line is `[table, [row, …]]`, each row a list in the order of the columns that the archive's
header names; bytes are base64. A table goes by its name without prefix.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, select
from sqlalchemy.types import TypeEngine

from tastemaker.errors import SchemaError
from tastemaker.store.crypto.sealed_column import SealedBytes, SealedColumn
from tastemaker.store.sql.tables import PREFIX, metadata

ROWS_A_LINE = 2000
"""Chosen, not measured."""

LARGE_ROWS_A_LINE = 4
"""Of tables whose rows may hold a megabyte."""

LARGE_ROWS = ("model_chunk", "release")

TABLES_BY_NAME: dict[str, Table] = {
    table.name.removeprefix(PREFIX): table for table in metadata.sorted_tables
}
"""In an order in which rows can be written: what others refer to comes first."""


def columns_by_table() -> dict[str, list[str]]:
    """The names of each table's columns, for the header of an archive."""
    return {name: [column.name for column in table.c] for name, table in TABLES_BY_NAME.items()}


def written_rows(connection: Connection, name: str) -> Iterator[tuple[int, bytes]]:
    """A table's rows as lines, each with how many rows it holds; few of them are held at a time.

    Raises:
        TamperedError: a sealed column holds something plain.
    """
    table = TABLES_BY_NAME[name]
    most = LARGE_ROWS_A_LINE if name in LARGE_ROWS else ROWS_A_LINE
    chosen = select(table).order_by(*table.primary_key)
    for rows in connection.execution_options(yield_per=most).execute(chosen).partitions():
        line = json.dumps([name, [list(row) for row in rows]], default=_as_text, allow_nan=False)
        yield len(rows), line.encode("ascii") + b"\n"


def _as_text(value: bytes | memoryview) -> str:
    return base64.b64encode(value).decode("ascii")


def joined_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines in a stream of bytes that is broken up anywhere."""
    waiting = b""
    for chunk in chunks:
        *whole, waiting = (waiting + chunk).split(b"\n")
        yield from whole


def parsed_rows(line: bytes, columns: dict[str, list[str]]) -> tuple[str, list[dict[str, Any]]]:
    """The table of a line, and its rows as they are to be inserted.

    Args:
        line: as `written_rows` made it; authenticated.
        columns: the names of each table's columns.
    """
    name, rows = json.loads(line)
    table = TABLES_BY_NAME[name]
    readers = [_reader(table.c[column].type) for column in columns[name]]
    return name, [
        {
            column: value if value is None or reader is None else reader(value)
            for column, value, reader in zip(columns[name], row, readers, strict=True)
        }
        for row in rows
    ]


def _reader(kind: TypeEngine[Any]) -> Callable[[str], bytes] | None:
    if isinstance(kind, SealedColumn):
        return lambda text: SealedBytes(base64.b64decode(text))
    return base64.b64decode if isinstance(kind, LargeBinary) else None


def check_known(columns: dict[str, list[str]]) -> None:
    """Refuses an archive whose tables this version does not know.

    Raises:
        SchemaError: it has a table or a column that is not here.
    """
    for name, names in columns.items():
        if name not in TABLES_BY_NAME or not {*names} <= {*TABLES_BY_NAME[name].c.keys()}:
            raise SchemaError(
                "The archive has tables that this version of the engine does not know: run "
                "`pip install --upgrade tastemaker`."
            )
