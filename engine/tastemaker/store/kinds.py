"""The kinds of interaction: what they are called and how much each one counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from tastemaker.store.sql.statements import insert
from tastemaker.store.sql.tables import kind as kind_table
from tastemaker.validation import check_kind, check_value

DEFAULT_WEIGHT = 1.0


class Kind(NamedTuple):
    """A kind of interaction; `key` is its number in the database."""

    key: int
    name: str
    weight: float


def read_kinds(connection: Connection) -> list[Kind]:
    """All kinds, by key."""
    columns = (kind_table.c.id, kind_table.c.name, kind_table.c.weight)
    rows = connection.execute(select(*columns).order_by(kind_table.c.id))
    return [Kind(*row) for row in rows]


def ensure_kinds(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The key of each named kind; those that are new are made, with weight 1."""
    wanted = set(names)
    found = _keys(connection)
    missing = sorted(wanted - found.keys())
    if missing:
        statement = insert(connection, kind_table).on_conflict_do_nothing()
        connection.execute(statement, [{"name": n, "weight": DEFAULT_WEIGHT} for n in missing])
        found = _keys(connection)
    return {name: found[name] for name in wanted}


def set_weight(connection: Connection, name: str, weight: float) -> None:
    """Sets how much a kind counts, and makes the kind where it is new.

    Raises:
        InputError: the name or the weight is refused.
    """
    values = {"name": check_kind(name), "weight": check_value(weight)}
    statement = insert(connection, kind_table).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"weight": statement.excluded.weight}
        )
    )


def _keys(connection: Connection) -> dict[str, int]:
    return {kind.name: kind.key for kind in read_kinds(connection)}
