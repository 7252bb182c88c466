"""Changing some fields of items, and leaving the others as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from tastemaker.store.items import put_items
from tastemaker.store.meta import bump_catalogue
from tastemaker.store.sql.damage import as_stored
from tastemaker.store.sql.statements import batches
from tastemaker.store.sql.tables import item
from tastemaker.validation import ItemRow, check_attributes

OWN_FIELDS = ("title", "text", "available")
"""What an item has besides its id and its attributes."""


class ItemChange(NamedTuple):
    """What is to change of one item.

    Attributes:
        row: the item's id, and the new values.
        given: which of `OWN_FIELDS` change; of attributes those that the row has.
    """

    row: ItemRow
    given: tuple[str, ...]

    def applied(self, old: ItemRow) -> ItemRow:
        """The item with the change.

        Raises:
            InputError: it would have too many attributes.
        """
        attributes = check_attributes({**old.attributes, **self.row.attributes}, "item attribute")
        fields = {name: getattr(self.row, name) for name in self.given}
        return old._replace(attributes=attributes, **fields)


def update_items(connection: Connection, changes: Iterable[ItemChange]) -> int:
    """Changes items; how many there were. Ids that no item has are passed over.

    Of several changes of one item, the later come on top of the earlier. Bumps the catalogue
    version.
    """
    changed = set[str]()
    # First of all, as every writer of the catalogue does: what is read below stays true.
    bump_catalogue(connection)
    for batch in batches(changes):
        rows = _read_items(connection, {change.row.item_id for change in batch})
        for change in batch:
            if (old := rows.get(change.row.item_id)) is not None:
                rows[old.item_id] = change.applied(old)
        put_items(connection, rows.values())
        changed.update(rows)
    return len(changed)


def _read_items(connection: Connection, item_ids: Iterable[str]) -> dict[str, ItemRow]:
    """The items that there are of some ids.

    Raises:
        StoreError: the attributes of one are damaged.
    """
    columns = (item.c.external_id, item.c.title, item.c.text, item.c.attributes, item.c.available)
    found = connection.execute(select(*columns).where(item.c.external_id.in_(item_ids))).all()
    attributes = as_stored([row.attributes for row in found])
    return {
        row.external_id: ItemRow(row.external_id, row.title, row.text, own, bool(row.available))
        for row, own in zip(found, attributes, strict=True)
    }
