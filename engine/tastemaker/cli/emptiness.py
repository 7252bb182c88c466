"""Telling who gets nothing that there is nothing in the database yet."""

from __future__ import annotations

from tastemaker.cli.options import open_database
from tastemaker.store.statistics import table_sizes

EMPTY = (
    "The database is empty: it has no items and no interactions yet. Import some with `tastemaker "
    "import interactions FILE`, or see `tastemaker demo`."
)


def reason_of_nothing(database_url: str, otherwise: str) -> str:
    """Why something comes to nothing: because the database is empty, or otherwise."""
    with open_database(database_url) as database, database.reading("counting rows") as connection:
        rows = {size.table: size.rows for size in table_sizes(connection)}
    return otherwise if rows["item"] or rows["interaction"] else EMPTY
