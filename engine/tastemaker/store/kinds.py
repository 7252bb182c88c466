"""The kinds of interaction: what they are called, how much each counts, and what may come again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tastemaker.errors import InputError, StoreError
from tastemaker.store import meta
from tastemaker.store.sql.statements import insert
from tastemaker.store.sql.tables import interaction, kind as kind_table
from tastemaker.validation import check_kind, check_weight

DEFAULT_WEIGHT = 1.0

LESS_KIND, NEVER_KIND, MORE_KIND = "less", "never", "more"
"""The kinds of what people say about an item: see `tastemaker.store.told`."""


class KindSetting(NamedTuple):
    """What is set of a kind.

    Attributes:
        weight: how much an interaction counts.
        repeatable: whether items that a person had to do with in no other way may be recommended
            again.
    """

    weight: float = DEFAULT_WEIGHT
    repeatable: bool = False


TOLD_KINDS: Mapping[str, KindSetting] = {
    LESS_KIND: KindSetting(-1.0, repeatable=True),
    NEVER_KIND: KindSetting(0.0),
    MORE_KIND: KindSetting(1.0, repeatable=True),
}
"""The reserved kinds, as they are made. To want less or more of an item is not to have had it, so
it may be recommended; "never" hides it, and says nothing about taste."""


class Kind(NamedTuple):
    """A kind of interaction; `key` is its number in the database."""

    key: int
    name: str
    weight: float
    repeatable: bool = False


class KindSummary(NamedTuple):
    """A kind of interaction in a line.

    Attributes:
        kind: its name.
        weight: how much an interaction of the kind counts; 1 unless set.
        interactions: how many there are.
        repeatable: whether items that a person had to do with in no other way may be recommended
            again.
    """

    kind: str
    weight: float
    interactions: int
    repeatable: bool = False


def read_kinds(connection: Connection) -> list[Kind]:
    """All kinds, by key.

    Raises:
        StoreError: the weight of one is damaged.
    """
    columns = (kind_table.c.id, kind_table.c.name, kind_table.c.weight, kind_table.c.repeatable)
    kinds = [Kind(*row) for row in connection.execute(select(*columns).order_by(kind_table.c.id))]
    if not all(isinstance(one.weight, (int, float)) and isinstance(one.name, str) for one in kinds):
        raise StoreError("reading kinds", "Damaged", "`tastemaker kinds set` sets a weight anew.")
    return kinds


def list_kinds(connection: Connection) -> list[KindSummary]:
    """All kinds, by name, with how many interactions each has."""
    counted = select(interaction.c.kind_id, func.count()).group_by(interaction.c.kind_id)
    counts = {key: count for key, count in connection.execute(counted)}
    by_name = sorted(read_kinds(connection), key=lambda kind: kind.name)
    return [
        KindSummary(kind.name, kind.weight, counts.get(kind.key, 0), kind.repeatable)
        for kind in by_name
    ]


def ensure_kinds(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The key of each named kind; those that are new are made, with weight 1.

    A reserved kind is made as `TOLD_KINDS` has it, and every process that serves learns of it.
    """
    wanted = set(names)
    found = _keys(connection)
    missing = sorted(wanted - found.keys())
    if missing:
        made = [{"name": n, **TOLD_KINDS.get(n, KindSetting())._asdict()} for n in missing]
        connection.execute(insert(connection, kind_table).on_conflict_do_nothing(), made)
        if not TOLD_KINDS.keys().isdisjoint(missing):
            meta.bump_catalogue(connection)
        found = _keys(connection)
    return {name: found[name] for name in wanted}


def set_kind(
    connection: Connection,
    name: str,
    weight: float | None = None,
    repeatable: bool | None = None,
) -> None:
    """Sets what is given of a kind, and makes the kind where it is new.

    Raises:
        InputError: the name or the weight is refused, nothing is given, or a reserved kind would
            mean something else.
    """
    given: dict[str, float | bool] = {}
    if weight is not None:
        given["weight"] = check_weight(weight)
    if repeatable is not None:
        given["repeatable"] = _check_repeatable(repeatable)
    checked = check_kind(name)
    if not given:
        raise InputError(
            f"There is nothing to set of the kind {name!r}. Give a weight, or whether it is "
            "repeatable."
        )
    before = TOLD_KINDS.get(checked, KindSetting())
    made = KindSetting(
        before.weight if weight is None else given["weight"],
        before.repeatable if repeatable is None else repeatable,
    )
    _check_meaning(checked, made)
    statement = insert(connection, kind_table).values(name=checked, **made._asdict())
    changed = {column: statement.excluded[column] for column in given}
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))


def _check_repeatable(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise InputError(f"repeatable is {value!r}; it must be True or False.")


def _check_meaning(name: str, setting: KindSetting) -> None:
    """Refuses what would turn a reserved kind into its opposite."""
    if name == LESS_KIND and setting.weight >= 0:
        problem = f"its weight cannot be {setting.weight:g}: give one below 0"
    elif name == MORE_KIND and setting.weight <= 0:
        problem = f"its weight cannot be {setting.weight:g}: give one above 0"
    elif name == NEVER_KIND and setting.weight > 0:
        problem = f"its weight cannot be {setting.weight:g}: give 0 or one below 0"
    elif name == NEVER_KIND and setting.repeatable:
        problem = "what it names is never recommended again. Leave it not repeatable"
    else:
        return
    raise InputError(
        f"The kind {name!r} is for what people say (`tastemaker users tell`): {problem}."
    )


def _keys(connection: Connection) -> dict[str, int]:
    return {kind.name: kind.key for kind in read_kinds(connection)}
