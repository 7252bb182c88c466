"""What belongs to the database as a whole: names and their values, as text."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Connection, Text, cast, select

from tastemaker.store.sql.statements import fetch, insert, marks
from tastemaker.store.sql.tables import meta

CATALOGUE_VERSION = "catalogue_version"
"""The name of the number that grows with every change of the items."""


def get(connection: Connection, name: str) -> str | None:
    """The value of a name, or None where it has none."""
    return connection.scalar(select(meta.c.value).where(meta.c.name == name))


def get_many(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """The values of those of the names that have one, in one query."""
    wanted = list(names)
    chosen = f"SELECT name, value FROM {meta.name} WHERE name IN {marks(wanted)}"
    return dict(fetch(connection, chosen, wanted))


def put(connection: Connection, name: str, value: str) -> None:
    """Gives a name its value, or a new one."""
    statement = insert(connection, meta).values(name=name, value=value)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[meta.c.name], set_={"value": statement.excluded.value}
        )
    )


def bump_catalogue(connection: Connection) -> None:
    """Says that the items have changed, to every process that holds them; in their transaction."""
    statement = insert(connection, meta).values(name=CATALOGUE_VERSION, value="1")
    grown = cast(cast(meta.c.value, BigInteger) + 1, Text)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[meta.c.name], set_={"value": grown})
    )
