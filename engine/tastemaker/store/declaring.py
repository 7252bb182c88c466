"""Making items that are only named: by an import, which declares them, or by what is recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, update

from tastemaker.errors import CollisionError
from tastemaker.store.items import find_items, item_values
from tastemaker.store.meta import bump_catalogue
from tastemaker.store.sql.statements import batches, fetch, insert
from tastemaker.store.sql.tables import item
from tastemaker.validation import ItemRow, now_us

ANY_UNDECLARED = f"SELECT 1 FROM {item.name} WHERE NOT declared LIMIT 1"


def ensure_items(
    connection: Connection, item_ids: Collection[str], declared: bool = True
) -> dict[str, int]:
    """The key of each item; those that are new are made, with an id only.

    Bumps the catalogue version if any is new, or is declared now and was not before.

    Args:
        connection: in a writing transaction.
        item_ids: the items.
        declared: whether the operator names them: then they are items like any other from now on.

    Raises:
        CollisionError: one was deleted meanwhile.
    """
    found = find_items(connection, item_ids)
    if declared:
        _declare(connection, found)
    if missing := sorted(set(item_ids) - found.keys()):
        bump_catalogue(connection)
        now = now_us()
        statement = insert(connection, item).on_conflict_do_nothing()
        for batch in batches(missing):
            connection.execute(
                statement, [item_values(ItemRow(name), now, declared) for name in batch]
            )
        found.update(find_items(connection, missing))
        if not found.keys() >= set(missing):
            raise CollisionError("writing items", "Conflict", "An item was deleted meanwhile.")
    return found


def _declare(connection: Connection, item_ids: Iterable[str]) -> None:
    """Declares the items that were not; hardly ever any."""
    if not fetch(connection, ANY_UNDECLARED):
        return
    bump_catalogue(connection)
    for batch in batches(item_ids):
        known = update(item).where(item.c.external_id.in_(batch), item.c.declared.is_(False))
        connection.execute(known.values(declared=True, updated=now_us()))
