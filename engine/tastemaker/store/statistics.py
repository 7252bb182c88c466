"""How much there is in the database."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from tastemaker.store.sql.tables import PREFIX, metadata

PAGES = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
RELATION = text("SELECT pg_total_relation_size(to_regclass(quote_ident(:name)))")


class TableSize(NamedTuple):
    """A table: its name without the prefix, its rows, and its bytes where the database tells."""

    table: str
    rows: int
    bytes: int | None


def table_sizes(connection: Connection) -> list[TableSize]:
    """The size of every table of the engine, in their order of making."""
    return [
        TableSize(
            table.name.removeprefix(PREFIX),
            connection.scalar(select(func.count()).select_from(table)) or 0,
            relation_bytes(connection, table.name),
        )
        for table in metadata.sorted_tables
    ]


def relation_bytes(connection: Connection, name: str) -> int | None:
    """The bytes of a table with its indexes; None on SQLite, which counts for the whole file."""
    if connection.dialect.name == "sqlite":
        return None
    size: int | None = connection.scalar(RELATION, {"name": name})
    return size


def total_bytes(connection: Connection) -> int:
    """The bytes of all tables of the engine; on SQLite those of the whole file."""
    if connection.dialect.name == "sqlite":
        return connection.scalar(PAGES) or 0
    return sum(size.bytes or 0 for size in table_sizes(connection))
