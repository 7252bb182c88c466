"""The kinds of interaction: what they are called and how much each one counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tastemaker.store.sql.statements import insert
from tastemaker.store.sql.tables import interaction
from tastemaker.store.sql.tables import kind as kind_table
from tastemaker.validation import check_kind, check_weight

DEFAULT_WEIGHT = 1.0


class Kind(NamedTuple):
    """A kind of interaction; `key` is its number in the database."""

    key: int
    name: str
    weight: float


class KindSummary(NamedTuple):
    """A kind of interaction in a line.

    Attributes:
        kind: its name.
        weight: how much an interaction of the kind counts; 1 unless set.
        interactions: how many there are.
    """

    kind: str
    weight: float
    interactions: int


def read_kinds(connection: Connection) -> list[Kind]:
    """All kinds, by key."""
    columns = (kind_table.c.id, kind_table.c.name, kind_table.c.weight)
    rows = connection.execute(select(*columns).order_by(kind_table.c.id))
    return [Kind(*row) for row in rows]


def list_kinds(connection: Connection) -> list[KindSummary]:
    """All kinds, by name, with how many interactions each has."""
    counted = select(interaction.c.kind_id, func.count()).group_by(interaction.c.kind_id)
    counts = {key: count for key, count in connection.execute(counted)}
    by_name = sorted(read_kinds(connection), key=lambda kind: kind.name)
    return [KindSummary(kind.name, kind.weight, counts.get(kind.key, 0)) for kind in by_name]


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
    values = {"name": check_kind(name), "weight": check_weight(weight)}
    statement = insert(connection, kind_table).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"weight": statement.excluded.weight}
        )
    )


def _keys(connection: Connection) -> dict[str, int]:
    return {kind.name: kind.key for kind in read_kinds(connection)}
