"""Deleting items, with everything that anybody had to do with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from tastemaker.store.meta import bump_catalogue
from tastemaker.store.sql.statements import batches
from tastemaker.store.sql.tables import interaction, item


class DeletedItems(NamedTuple):
    """What a deletion took away.

    Attributes:
        items: how many items.
        interactions: how many interactions went with them.
    """

    items: int
    interactions: int


def delete_items(connection: Connection, item_ids: Iterable[str]) -> DeletedItems:
    """Deletes items and their interactions; ids that no item has are passed over.

    Releases keep the numbers of the items that they were trained on, and no number is ever given
    again: what serves leaves a gap where an item was. Bumps the catalogue version.
    """
    items = interactions = 0
    # First of all, as every writer of the catalogue does.
    bump_catalogue(connection)
    for batch in batches(sorted(set(item_ids))):
        chosen = select(item.c.id).where(item.c.external_id.in_(batch)).order_by(item.c.id)
        # PostgreSQL: nobody can add an interaction between the two deletions.
        keys = list(connection.execute(chosen.with_for_update()).scalars())
        theirs = delete(interaction).where(interaction.c.item_id.in_(keys))
        interactions += connection.execute(theirs).rowcount
        items += connection.execute(delete(item).where(item.c.id.in_(keys))).rowcount
    return DeletedItems(items, interactions)
