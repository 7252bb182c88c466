"""How much there is in the database."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tastemaker.store.sql.supported import dialect_of
from tastemaker.store.sql.tables import PREFIX, metadata


class TableSize(NamedTuple):
    """A table: its name without the prefix, its rows, and its bytes where the database tells."""

    table: str
    rows: int
    bytes: int | None


def table_sizes(connection: Connection) -> list[TableSize]:
    """The size of every table of the engine, in their order of making."""
    dialect = dialect_of(connection)
    return [
        TableSize(
            table.name.removeprefix(PREFIX),
            connection.scalar(select(func.count()).select_from(table)) or 0,
            dialect.table_bytes(connection, table.name),
        )
        for table in metadata.sorted_tables
    ]


def total_bytes(connection: Connection) -> int:
    """The bytes of all tables of the engine; on SQLite those of the whole file."""
    names = [table.name for table in metadata.sorted_tables]
    return dialect_of(connection).database_bytes(connection, names)
